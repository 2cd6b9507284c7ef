package dev.millrace.engine.loader;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A tensor that a quantised matrix is made of.
 *
 * @param name in the checkpoint
 * @param types types it may have
 * @param shape shape it must have; empty for a single number, which may be stored with any number of dimensions
 */
record TensorSpec(String name, Set<SafetensorsDtype> types, List<Long> shape) {
    /** Types of scales. */
    static final Set<SafetensorsDtype> FLOATS =
            Set.of(SafetensorsDtype.F32, SafetensorsDtype.F16, SafetensorsDtype.BF16);

    static TensorSpec of(String name, SafetensorsDtype type, long... shape) {
        return new TensorSpec(name, Set.of(type), Arrays.stream(shape).boxed().toList());
    }

    static TensorSpec floats(String name, long... shape) {
        return new TensorSpec(name, FLOATS, Arrays.stream(shape).boxed().toList());
    }
}

package dev.millrace.engine.loader;

import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightSource;
import dev.millrace.kernels.cpu.DecodedRows;
import java.util.List;

/**
 * A matrix of a checkpoint, ready to be packed.
 *
 * <p>Thread-safety: immutable; rows may be read from several threads at once.
 */
public sealed interface MatrixSource {

    /** Plain numbers, or GGUF blocks. */
    record Plain(WeightSource source) implements MatrixSource {
        @Override
        public Weight pack(Kernels kernels) {
            return kernels.pack(source);
        }

        @Override
        public Weight packTable(Kernels kernels) {
            return kernels.packTable(source);
        }

        @Override
        public Weight packGateUp(Kernels kernels) {
            return kernels.packGateUp(source);
        }

        @Override
        public WeightSource numbers() {
            return source;
        }
    }

    /** Codes of a quantised checkpoint. */
    record Quantized(QuantizedSource source) implements MatrixSource {
        @Override
        public Weight pack(Kernels kernels) {
            return kernels.pack(source);
        }

        @Override
        public Weight packGateUp(Kernels kernels) {
            return kernels.packGateUp(source);
        }

        @Override
        public WeightSource numbers() {
            return DecodedRows.of(source);
        }
    }

    /** As {@link Kernels#pack(WeightSource)}. */
    Weight pack(Kernels kernels);

    /** As {@link Kernels#packTable(WeightSource)}. */
    default Weight packTable(Kernels kernels) {
        return pack(kernels);
    }

    /** As {@link Kernels#packGateUp(WeightSource)}. */
    Weight packGateUp(Kernels kernels);

    /** The matrix as numbers: what is quantised is read as float32. */
    WeightSource numbers();

    /**
     * The rows of {@code parts} one after another, as one matrix; {@link #canStack} says which parts keep their form, others become
     * float32.
     */
    static MatrixSource stack(List<MatrixSource> parts) {
        if (parts.stream().allMatch(Quantized.class::isInstance)) {
            return QuantizedStack.of(quantized(parts))
                    .<MatrixSource>map(Quantized::new)
                    .orElseGet(() -> stackNumbers(parts));
        }
        return stackNumbers(parts);
    }

    /** True when one matrix of {@code parts} is as good as the parts themselves. */
    static boolean canStack(List<MatrixSource> parts) {
        if (parts.stream().allMatch(Quantized.class::isInstance)) {
            return QuantizedStack.keepsForm(quantized(parts));
        }
        return parts.stream().allMatch(Plain.class::isInstance)
                && WeightSources.canStack(parts.stream().map(MatrixSource::numbers).toList());
    }

    private static List<QuantizedSource> quantized(List<MatrixSource> parts) {
        return parts.stream().map(part -> ((Quantized) part).source()).toList();
    }

    private static MatrixSource stackNumbers(List<MatrixSource> parts) {
        List<WeightSource> numbers = parts.stream().map(MatrixSource::numbers).toList();
        return new Plain(
                WeightSources.stack(
                        WeightSources.canStack(numbers)
                                ? numbers
                                : numbers.stream().map(WidenedMatrix::of).toList()));
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The tensors of a checkpoint by their Hugging Face names. */
final class TensorStore {
    private final String where;
    private final SortedMap<String, StoredTensor> tensors;
    private final ErrorCode unsupportedType;

    /**
     * @param where names the checkpoint in messages
     * @param unsupportedType code for weights in a type that cannot be computed with
     */
    TensorStore(String where, Map<String, StoredTensor> tensors, ErrorCode unsupportedType) {
        this.where = where;
        this.tensors = new TreeMap<>(tensors);
        this.unsupportedType = unsupportedType;
    }

    SortedMap<String, StoredTensor> tensors() {
        return tensors;
    }

    boolean has(String name) {
        return tensors.containsKey(name);
    }

    WeightSource matrix(String name) {
        StoredTensor tensor = get(name);
        WeightFormat format = format(tensor);
        if (tensor.shape().size() != 2) {
            throw wrongShape(tensor, "a matrix");
        }
        return new FileMatrix(
                tensor.file(),
                tensor.position(),
                format,
                dimension(tensor, 0),
                dimension(tensor, 1));
    }

    float[] vector(String name) {
        StoredTensor tensor = get(name);
        WeightFormat format = format(tensor);
        int count = 1;
        for (int i = 0; i < tensor.shape().size(); i++) {
            count = Math.multiplyExact(count, dimension(tensor, i));
        }
        if (format.blockElements() != 1) {
            throw wrongShape(tensor, "plain numbers");
        }
        ByteBuffer bytes =
                tensor.file().read(tensor.position(), Math.toIntExact(tensor.sizeBytes()));
        return Floats.read(format, bytes, count);
    }

    WeightSource transposed(String name, int matrix, int first, int step) {
        StoredTensor tensor = get(name);
        WeightFormat format = format(tensor);
        if (tensor.shape().size() != 3 || format.blockElements() != 1) {
            throw wrongShape(tensor, "matrices of plain numbers");
        }
        int k = dimension(tensor, 1);
        int columns = dimension(tensor, 2);
        long position = tensor.position() + matrix * format.rowBytes(columns) * k;
        return new TransposedMatrix(tensor.file(), position, format, k, columns, first, step);
    }

    /** Refuses the checkpoint when the tensor {@code name} is missing or has another shape or a foreign type. */
    void check(String name, List<Long> shape) {
        StoredTensor tensor = get(name);
        if (!tensor.shape().equals(shape)) {
            throw wrongShape(tensor, "" + shape);
        }
        format(tensor);
    }

    /** What there is, in the order of the names. */
    List<TensorInfo> infos() {
        List<TensorInfo> infos = new ArrayList<>();
        tensors.forEach(
                (name, t) -> infos.add(new TensorInfo(name, t.type(), t.shape(), t.sizeBytes())));
        return infos;
    }

    /** Memory that the named tensors take on a GPU. */
    long deviceBytes(Set<String> names) {
        long bytes = 0;
        for (String name : names) {
            StoredTensor tensor = get(name);
            long elements = 1;
            for (long size : tensor.shape()) {
                elements *= size;
            }
            // Plain matrices become 16-bit; vectors stay or become F32; a block of 32 has an F32
            // scale and offset instead of F16 ones.
            bytes +=
                    switch (format(tensor)) {
                        case F32, F16, BF16 -> elements * (tensor.shape().size() == 1 ? 4 : 2);
                        case Q4_0, Q4_1, Q8_0 -> tensor.sizeBytes() + elements / 32 * 6;
                        case Q5_0, Q5_1 -> elements + elements / 32 * 8;
                        case Q4_K, Q5_K, Q6_K -> elements * 2;
                    };
        }
        return bytes;
    }

    /** Refuses the checkpoint when a part of a quantised matrix is missing or has another shape or type. */
    void check(TensorSpec spec) {
        StoredTensor tensor = tensors.get(spec.name());
        String given =
                tensor == null ? "no such tensor" : tensor.type() + " of shape " + tensor.shape();
        boolean typed =
                tensor != null
                        && SafetensorsDtype.named(tensor.type())
                                .filter(spec.types()::contains)
                                .isPresent();
        boolean shaped =
                typed
                        && (spec.shape().isEmpty()
                                ? count(tensor) == 1
                                : tensor.shape().equals(spec.shape()));
        if (!shaped) {
            throw Problems.refuse(
                    QuantizationError.TENSOR,
                    where + ": tensor " + Problems.quote(spec.name()),
                    given,
                    new TreeSet<>(spec.types())
                            + " of shape "
                            + (spec.shape().isEmpty() ? "[1]" : spec.shape()),
                    "Check that config.json and weights belong together and are complete");
        }
    }

    /** Elements of a tensor of plain numbers. */
    private long count(StoredTensor tensor) {
        return tensor.sizeBytes() / format(tensor).blockBytes();
    }

    /** All elements of a tensor of plain numbers, row after row, widened to float32. */
    float[] numbers(StoredTensor tensor) {
        ByteBuffer bytes =
                tensor.file().read(tensor.position(), Math.toIntExact(tensor.sizeBytes()));
        float[] values = Floats.read(format(tensor), bytes, Math.toIntExact(count(tensor)));
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw Problems.refuse(
                        QuantizationError.VALUE,
                        tensor.where() + ", element " + i,
                        "" + values[i],
                        "finite scales",
                        Problems.FETCH_AGAIN);
            }
        }
        return values;
    }

    /** A tensor of one number. */
    float number(String name) {
        return numbers(get(name))[0];
    }

    /** Type of a tensor of scales. */
    DType scaleType(StoredTensor tensor) {
        return switch (format(tensor)) {
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case F32, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> DType.F32;
        };
    }

    StoredTensor get(String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw Problems.refuse(
                    ConfigError.MISSING_TENSOR,
                    where + ": tensor " + Problems.quote(name),
                    "no such tensor",
                    "one, as the configuration calls for it",
                    "Check that configuration and weights belong together and are complete");
        }
        return tensor;
    }

    private WeightFormat format(StoredTensor tensor) {
        return tensor.format()
                .orElseThrow(
                        () ->
                                Problems.refuse(
                                        unsupportedType,
                                        tensor.where(),
                                        "type " + tensor.type(),
                                        unsupportedType == GgufError.UNSUPPORTED_TYPE
                                                ? "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K"
                                                : "F32, F16 or BF16",
                                        "Use a checkpoint converted to one of these types"));
    }

    private int dimension(StoredTensor tensor, int index) {
        long size = tensor.shape().get(index);
        if (size > Integer.MAX_VALUE) {
            throw wrongShape(tensor, "dimensions below 2^31");
        }
        return (int) size;
    }

    private static RuntimeException wrongShape(StoredTensor tensor, String expected) {
        return Problems.refuse(
                ConfigError.TENSOR_SHAPE,
                tensor.where(),
                "shape " + tensor.shape(),
                expected,
                "Check that configuration and weights belong together");
    }
}

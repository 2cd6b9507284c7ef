package dev.millrace.engine.loader;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;

/** Integers with a scale and a zero point for each group of inputs, whatever the file's layout was. */
final class GroupMatrix {
    private final int n;
    private final int k;
    private final int bits;
    private final int groupSize;
    private final DType scaleType;
    private final float[] scales;
    private final int[] zeros;
    private final GroupOrder order;

    /**
     * @param bits 4 or 8
     * @param groupSize inputs that share a scale; at least k for one scale a row
     * @param scaleType F16 or BF16 when all scales are bits of that type, F32 otherwise
     * @param scales float32 [n, groups]
     * @param zeros zero points [n, groups]
     * @param order null where input i is in group {@code i / groupSize}
     */
    GroupMatrix(
            int n,
            int k,
            int bits,
            int groupSize,
            DType scaleType,
            float[] scales,
            int[] zeros,
            GroupOrder order) {
        this.n = n;
        this.k = k;
        this.bits = bits;
        this.groupSize = groupSize;
        this.scaleType = scaleType;
        this.scales = scales;
        this.zeros = zeros;
        this.order = order;
    }

    /** Makes the reader of codes, which gives input {@code order[i]} at place {@code i}. */
    interface Reader {
        QuantizedMatrix.Codes codes(int[] order);
    }

    /** Codes where the kernels have a form for them, float32 numbers where they have not. */
    MatrixSource source(Reader reader) {
        int size = groupSize >= k ? (k + 63) / 64 * 64 : groupSize;
        int[] permutation = order == null ? null : order.permutation(groupSize).orElse(null);
        DType type = scaleType == DType.F32 ? narrowest() : scaleType;
        boolean fits =
                type != DType.F32
                        && (size == 32 || size % 64 == 0)
                        && (order == null || permutation != null);
        if (!fits) {
            return new MatrixSource.Plain(new Numbers(this, reader.codes(null)));
        }
        short[] scaleBits = new short[scales.length];
        short[] zeroBits = new short[scales.length];
        for (int i = 0; i < scales.length; i++) {
            scaleBits[i] = bits(type, scales[i]);
            zeroBits[i] = bits(type, zeros[i]);
        }
        Quantization.Groups groups =
                new Quantization.Groups(bits, size, type, true, scaleBits, zeroBits, permutation);
        return new MatrixSource.Quantized(
                new QuantizedMatrix(groups, n, k, reader.codes(permutation)));
    }

    /** The 16-bit type that holds all scales exactly, if there is one. */
    private DType narrowest() {
        boolean brain = true;
        boolean half = true;
        for (float scale : scales) {
            brain &= (Float.floatToRawIntBits(scale) & 0xFFFF) == 0;
            half &= Floats.ofHalf(Floats.halfOf(scale)) == scale;
        }
        return brain ? DType.BF16 : half ? DType.F16 : DType.F32;
    }

    private static short bits(DType type, float value) {
        return type == DType.F16
                ? Floats.halfOf(value)
                : (short) (Float.floatToRawIntBits(value) >>> 16);
    }

    /** The matrix as numbers, inputs in the file's order. */
    private record Numbers(GroupMatrix groups, QuantizedMatrix.Codes codes)
            implements WeightSource {
        @Override
        public WeightFormat format() {
            return WeightFormat.F32;
        }

        @Override
        public int n() {
            return groups.n;
        }

        @Override
        public int k() {
            return groups.k;
        }

        @Override
        public void readRows(int firstRow, int numRows, ByteBuffer target) {
            ByteBuffer bytes = ByteBuffer.allocate(groups.k);
            int perRow = groups.scales.length / groups.n;
            for (int row = firstRow; row < firstRow + numRows; row++) {
                bytes.clear();
                codes.readRows(row, 1, bytes);
                for (int i = 0; i < groups.k; i++) {
                    int group = groups.order == null ? i / groups.groupSize : groups.order.group(i);
                    int at = row * perRow + group;
                    target.putFloat(((bytes.get(i) & 0xFF) - groups.zeros[at]) * groups.scales[at]);
                }
            }
        }
    }
}

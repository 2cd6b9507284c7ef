package dev.millrace.engine.loader;

import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.QuantizedSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The rows of several quantised matrices, one matrix after another, each with its own scales. */
record QuantizedStack(List<Part> parts, Quantization quantization, int n, int k)
        implements QuantizedSource {
    private static final int BLOCK = 128;

    QuantizedStack {
        parts = List.copyOf(parts);
    }

    /** The codes of one matrix, without its scales: the stack has them all, and one copy is enough. */
    record Part(int n, QuantizedMatrix.Codes codes) {
        static Part of(QuantizedSource source) {
            return new Part(
                    source.n(),
                    source instanceof QuantizedMatrix matrix ? matrix.codes() : source::readRows);
        }
    }

    /** Empty where the parts have no common form: other kinds, orders of inputs, or scales of their activations. */
    static Optional<QuantizedSource> of(List<QuantizedSource> parts) {
        int n = parts.stream().mapToInt(QuantizedSource::n).reduce(0, Math::addExact);
        int k = parts.get(0).k();
        List<Part> codes = parts.stream().map(Part::of).toList();
        return quantization(parts, n).map(common -> new QuantizedStack(codes, common, n, k));
    }

    /** True when the stack is computed as the parts are. */
    static boolean keepsForm(List<QuantizedSource> parts) {
        int n = parts.stream().mapToInt(QuantizedSource::n).sum();
        return quantization(parts, n)
                .filter(q -> !(q instanceof Quantization.E4m3 e && e.grid() == ScaleGrid.ROW_128))
                .isPresent();
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        Objects.checkFromIndexSize(firstRow, numRows, n);
        int end = firstRow + numRows;
        int start = 0;
        for (Part part : parts) {
            int from = Math.max(firstRow, start);
            int to = Math.min(end, start + part.n());
            if (from < to) {
                part.codes().readRows(from - start, to - from, target);
            }
            start += part.n();
        }
    }

    private static Optional<Quantization> quantization(List<QuantizedSource> parts, int n) {
        QuantizedSource first = parts.get(0);
        Class<?> kind = first.quantization().getClass();
        if (!parts.stream().allMatch(p -> p.k() == first.k() && kind == kindOf(p))) {
            return Optional.empty();
        }
        if (first.quantization() instanceof Quantization.Groups groups) {
            return groups(parts, groups);
        }
        if (first.quantization() instanceof Quantization.Int8) {
            float[] scales = new float[n];
            int row = 0;
            for (QuantizedSource part : parts) {
                float[] own = ((Quantization.Int8) part.quantization()).rowScales();
                System.arraycopy(own, 0, scales, row, own.length);
                row += own.length;
            }
            return Optional.of(new Quantization.Int8(scales));
        }
        return e4m3(parts, n);
    }

    private static Class<?> kindOf(QuantizedSource source) {
        return source.quantization().getClass();
    }

    private static Optional<Quantization> groups(
            List<QuantizedSource> parts, Quantization.Groups first) {
        int length = 0;
        for (QuantizedSource part : parts) {
            Quantization.Groups own = (Quantization.Groups) part.quantization();
            if (own.bits() != first.bits()
                    || own.groupSize() != first.groupSize()
                    || own.scaleType() != first.scaleType()
                    || own.zeroPoints() != first.zeroPoints()
                    || !Arrays.equals(own.permutation(), first.permutation())) {
                return Optional.empty();
            }
            length = Math.addExact(length, own.scales().length);
        }
        short[] scales = new short[length];
        short[] seconds = new short[length];
        int at = 0;
        for (QuantizedSource part : parts) {
            Quantization.Groups own = (Quantization.Groups) part.quantization();
            System.arraycopy(own.scales(), 0, scales, at, own.scales().length);
            System.arraycopy(own.seconds(), 0, seconds, at, own.seconds().length);
            at += own.scales().length;
        }
        return Optional.of(
                new Quantization.Groups(
                        first.bits(),
                        first.groupSize(),
                        first.scaleType(),
                        first.zeroPoints(),
                        scales,
                        seconds,
                        first.permutation()));
    }

    /** One scale a tensor becomes one a row; blocks stay blocks where every part but the last fills them. */
    private static Optional<Quantization> e4m3(List<QuantizedSource> parts, int n) {
        Quantization.E4m3 first = (Quantization.E4m3) parts.get(0).quantization();
        boolean blocks = isBlocks(first);
        boolean aligned = true;
        for (int i = 0; i < parts.size(); i++) {
            Quantization.E4m3 own = (Quantization.E4m3) parts.get(i).quantization();
            if (isBlocks(own) != blocks || own.inputScale() != first.inputScale()) {
                return Optional.empty();
            }
            boolean fills = i == parts.size() - 1 || parts.get(i).n() % BLOCK == 0;
            aligned &= own.grid() == ScaleGrid.BLOCK_128 && fills;
        }
        ScaleGrid grid =
                !blocks ? ScaleGrid.ROW : aligned ? ScaleGrid.BLOCK_128 : ScaleGrid.ROW_128;
        int k = parts.get(0).k();
        int perRow = blocks ? (k + BLOCK - 1) / BLOCK : 1;
        float[] scales = new float[(aligned ? (n + BLOCK - 1) / BLOCK : n) * perRow];
        int at = 0;
        for (QuantizedSource part : parts) {
            Quantization.E4m3 own = (Quantization.E4m3) part.quantization();
            int rows = aligned ? (part.n() + BLOCK - 1) / BLOCK : part.n();
            for (int row = 0; row < rows; row++) {
                for (int block = 0; block < perRow; block++) {
                    scales[at++] = scale(own, aligned ? row * BLOCK : row, block, perRow);
                }
            }
        }
        return Optional.of(new Quantization.E4m3(grid, scales, first.inputScale()));
    }

    private static boolean isBlocks(Quantization.E4m3 e4m3) {
        return e4m3.grid() == ScaleGrid.BLOCK_128 || e4m3.grid() == ScaleGrid.ROW_128;
    }

    private static float scale(Quantization.E4m3 e4m3, int row, int block, int perRow) {
        return switch (e4m3.grid()) {
            case TENSOR -> e4m3.scales()[0];
            case ROW -> e4m3.scales()[row];
            case BLOCK_128 -> e4m3.scales()[row / BLOCK * perRow + block];
            case ROW_128 -> e4m3.scales()[row * perRow + block];
        };
    }
}

package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.cuda.Halves;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/**
 * The largest output of a dense product, without the outputs. Each row of the input is one of the weight, so that its output is larger
 * than all others by far and no rounding decides.
 *
 * @param n outputs
 * @param k inputs
 */
record ArgmaxCase(int n, int k) implements KernelCase {
    private static final long SEED = 37;

    @Override
    public String name() {
        return "argmax of the head " + WeightKind.DENSE.label();
    }

    @Override
    public String family() {
        return "sampling";
    }

    @Override
    public double tolerance() {
        return 0;
    }

    @Override
    public long bytes(int rows) {
        return Short.BYTES * ((long) n + rows) * k;
    }

    @Override
    public long flops(int rows) {
        return 2L * rows * n * k;
    }

    @Override
    public Prepared prepare(Kernels kernels, Arithmetic arithmetic, int rows, int copies) {
        SeededWeight source = new SeededWeight(arithmetic.precision(), n, k, SEED);
        Weight[] weights =
                IntStream.range(0, copies)
                        .mapToObj(copy -> kernels.pack(source))
                        .toArray(Weight[]::new);
        Tensor in =
                Results.tensor(kernels, kernels.activationType(), rows, k, rowsOf(source, rows));
        return new Prepared() {
            private final Tensor tokenIds = kernels.allocate(DType.INT32, 1, rows, "synthetic");
            private int next;

            @Override
            public void run(int used) {
                kernels.linearArgmax(tokenIds, in, weights[next++ % copies], 0, used);
            }

            @Override
            public float[] result(int used) {
                return Results.vector(kernels, tokenIds, used);
            }
        };
    }

    private float[] rowsOf(SeededWeight source, int rows) {
        int[] chosen = new SeededNumbers(SEED + 1).below(n, rows);
        float[] values = new float[rows * k];
        Halves halves = Halves.of(source.precision());
        ByteBuffer row = ByteBuffer.allocate(Short.BYTES * k).order(ByteOrder.LITTLE_ENDIAN);
        for (int r = 0; r < rows; r++) {
            source.readRows(chosen[r], 1, row.clear());
            for (int i = 0; i < k; i++) {
                values[r * k + i] = halves.widen(row.getShort(Short.BYTES * i));
            }
        }
        return values;
    }
}

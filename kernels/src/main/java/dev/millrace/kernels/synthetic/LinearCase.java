package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.CpuKernels;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightSource;
import java.util.stream.IntStream;

/**
 * A matrix product; gated, of gate and up rows, or plain. The CPU gets the same numbers in float32: so it shares no code with the
 * device that could read a quantised weight wrongly.
 *
 * @param part place in a decoder: "gate_up"
 * @param kind how the weight is stored
 * @param n outputs; gates and ups together
 * @param k inputs
 * @param gated whether gates and ups are multiplied
 * @param outF32 whether the result is float32, as logits are
 */
public record LinearCase(String part, WeightKind kind, int n, int k, boolean gated, boolean outF32)
        implements KernelCase {
    private static final long SEED = 7;
    private static final int HALF = 2;

    @Override
    public String name() {
        return part + " " + kind.label();
    }

    @Override
    public String family() {
        return "linear";
    }

    /** Quantised activations flip a step where the two differ in the last bit of a scale. */
    @Override
    public double tolerance() {
        return kind == WeightKind.DENSE ? 1e-5 : 5e-4;
    }

    @Override
    public long bytes(int rows) {
        long outBytes = (long) rows * outColumns() * (outF32 ? Float.BYTES : HALF);
        return weightBytes() + (long) rows * k * HALF + outBytes;
    }

    /** Without scales. */
    private long weightBytes() {
        long elements = (long) n * k;
        return switch (kind) {
            case DENSE -> HALF * elements;
            case FP8, FP8_BLOCKS, INT8, W8A16 -> elements;
            case W4A16 -> elements / 2;
        };
    }

    @Override
    public long flops(int rows) {
        return 2L * rows * n * k;
    }

    private int outColumns() {
        return gated ? n / 2 : n;
    }

    @Override
    public Prepared prepare(Kernels kernels, Arithmetic arithmetic, int rows, int copies) {
        Weight[] weights =
                IntStream.range(0, copies)
                        .mapToObj(copy -> weight(kernels, arithmetic))
                        .toArray(Weight[]::new);
        float[] x = new SeededNumbers(SEED + 1).normal(rows * k, 1, arithmetic.precision());
        if (kernels instanceof CpuKernels && !widened(arithmetic)) {
            FakeQuantization.apply(kind, x, k);
        }
        Tensor in = kernels.allocate(kernels.activationType(), rows, k, "synthetic");
        kernels.copyIn(x, x.length, in);
        DType outType = outF32 ? DType.F32 : kernels.activationType();
        Tensor out = kernels.allocate(outType, rows, outColumns(), "synthetic");
        return new Product(kernels, weights, gated, in, out);
    }

    /** Whether the device makes numbers of its own precision of the weights. */
    private boolean widened(Arithmetic arithmetic) {
        boolean e4m3 = kind == WeightKind.FP8 || kind == WeightKind.FP8_BLOCKS;
        return e4m3 && !arithmetic.e4m3();
    }

    private Weight weight(Kernels kernels, Arithmetic arithmetic) {
        if (kind == WeightKind.DENSE) {
            SeededWeight source = new SeededWeight(arithmetic.precision(), n, k, SEED);
            return gated ? kernels.packGateUp(source) : kernels.pack(source);
        }
        SeededQuantized source = new SeededQuantized(kind, n, k, SEED);
        if (kernels instanceof CpuKernels) {
            DType type = widened(arithmetic) ? arithmetic.precision() : DType.F32;
            WeightSource values = source.dequantized(arithmetic.precision(), type);
            return gated ? kernels.packGateUp(values) : kernels.pack(values);
        }
        return gated ? kernels.packGateUp(source) : kernels.pack(source);
    }

    private static final class Product implements Prepared {
        private final Kernels kernels;
        private final Weight[] weights;
        private final boolean gated;
        private final Tensor in;
        private final Tensor out;
        private int next;

        Product(Kernels kernels, Weight[] weights, boolean gated, Tensor in, Tensor out) {
            this.kernels = kernels;
            this.weights = weights;
            this.gated = gated;
            this.in = in;
            this.out = out;
        }

        @Override
        public void run(int rows) {
            Weight weight = weights[next++ % weights.length];
            if (gated) {
                kernels.gatedLinear(out, in, weight, null, Activation.SILU, rows);
            } else {
                kernels.linear(out, in, weight, null, rows);
            }
        }

        @Override
        public float[] result(int rows) {
            return Results.floats(kernels, out, rows);
        }
    }
}

package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import dev.millrace.kernels.cuda.Halves;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A matrix {@code [n, k]} of numbers of standard deviation {@code 1/√k}, so that products are about as large as their inputs.
 *
 * <p>Thread-safety: immutable.
 *
 * @param precision BF16 or F16
 * @param n outputs
 * @param k inputs
 * @param seed chooses the numbers
 */
public record SeededWeight(DType precision, int n, int k, long seed) implements WeightSource {

    @Override
    public WeightFormat format() {
        return precision == DType.F16 ? WeightFormat.F16 : WeightFormat.BF16;
    }

    @Override
    public void readRows(int firstRow, int numRows, ByteBuffer target) {
        SeededNumbers numbers = new SeededNumbers(seed);
        Halves halves = Halves.of(precision);
        float scale = (float) (1 / Math.sqrt(k));
        ByteBuffer little = target.order(ByteOrder.LITTLE_ENDIAN);
        long first = (long) firstRow * k;
        for (long i = first; i < first + (long) numRows * k; i++) {
            little.putShort(halves.round(numbers.normal(i) * scale));
        }
    }
}

package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;

/**
 * An operation whose rows are tokens, and whose cost is memory.
 *
 * @param name as in reports
 * @param family part of the report
 * @param tolerance as {@link KernelCase#tolerance()}
 * @param bytesPerRow read and written at least
 * @param setUp makes its inputs
 */
record RowCase(String name, String family, double tolerance, long bytesPerRow, SetUp setUp)
        implements KernelCase {

    /** Makes inputs for up to {@code rows} rows, rounded to {@code precision}. */
    interface SetUp {
        Prepared of(Kernels kernels, DType precision, int rows);
    }

    @Override
    public Prepared prepare(Kernels kernels, Arithmetic arithmetic, int rows, int copies) {
        return setUp.of(kernels, arithmetic.precision(), rows);
    }

    @Override
    public long bytes(int rows) {
        return rows * bytesPerRow;
    }

    @Override
    public long flops(int rows) {
        return 0;
    }
}

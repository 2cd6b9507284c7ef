package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.Kernels;

/**
 * One operation at one shape, with inputs made from a seed. Row {@code r} of the result depends on row {@code r} of the inputs only.
 *
 * <p>Thread-safety: immutable.
 */
public interface KernelCase {

    /** Names it in reports. */
    String name();

    /** Part of reports in which it stands: "linear", "attention", "rows" or "sampling". */
    String family();

    /** What a result may be off by, relative to the result, beside the rounding to the type of activations. */
    double tolerance();

    /**
     * Makes inputs for up to {@code rows} rows.
     *
     * @param arithmetic of the device, also when {@code kernels} are the CPU's
     * @param copies copies of the weights, taken in turn, so that none stays in a cache
     */
    Prepared prepare(Kernels kernels, Arithmetic arithmetic, int rows, int copies);

    /** Bytes that must move at least, for activations of 16 bits. */
    long bytes(int rows);

    /** Multiplications and additions that are asked for. */
    long flops(int rows);

    /**
     * The operation with its inputs on a device.
     *
     * <p>Thread-safety: none.
     */
    interface Prepared {

        /** Writes the inputs that a run overwrites. */
        default void fill() {}

        /** Computes the first {@code rows} rows; only operations, no copies. */
        void run(int rows);

        /** The first {@code rows} rows of the last run's result, one after another. */
        float[] result(int rows);
    }
}

package dev.millrace.kernels;

/**
 * A weight matrix {@code [n, k]} on the device, in the backend's own layout; made by {@link Kernels#pack}.
 *
 * <p>{@code y = x · Wᵀ}: {@code n} outputs, {@code k} inputs.
 *
 * <p>Thread-safety: immutable after packing.
 */
public sealed interface Weight permits DenseWeight, GgufWeight {

    /** Outputs. */
    int n();

    /** Inputs. */
    int k();

    /** Format of the checkpoint, kept in memory. */
    WeightFormat format();

    /** Memory it holds, in bytes. */
    long sizeBytes();
}

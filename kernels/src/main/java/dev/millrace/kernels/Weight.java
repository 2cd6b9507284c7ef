package dev.millrace.kernels;

/**
 * A weight matrix {@code [n, k]} on the device, in the backend's own layout; made by {@link Kernels#pack(WeightSource)}.
 *
 * <p>{@code y = x · Wᵀ}: {@code n} outputs, {@code k} inputs.
 *
 * <p>Thread-safety: immutable after packing.
 */
public sealed interface Weight
        permits DenseWeight, GgufWeight, GroupWeight, Int8Weight, Fp8Weight, PanelWeight {

    /** Outputs. */
    int n();

    /** Inputs. */
    int k();

    /** Whether {@link Kernels#packGateUp} made it, where that makes a difference. */
    boolean gateUp();

    /** Memory it holds, in bytes. */
    long sizeBytes();
}

package dev.millrace.kernels;

/**
 * Signed bytes with a scale for each output, for activations quantised token by token.
 *
 * @param n outputs
 * @param k inputs
 * @param gateUp whether {@link Kernels#packGateUp} made it
 * @param data bytes in the backend's layout
 * @param rowScales F32, in the order of packed rows; on the CPU with offsets
 */
public record Int8Weight(int n, int k, boolean gateUp, Buffer data, Buffer rowScales)
        implements Weight {

    @Override
    public long sizeBytes() {
        return data.sizeBytes() + rowScales.sizeBytes();
    }
}

package dev.millrace.kernels;

/**
 * Bytes of E4M3 with a scale for each output or for each block of 128 × 128, for activations quantised to E4M3.
 *
 * @param n outputs
 * @param k inputs
 * @param gateUp whether {@link Kernels#packGateUp} made it
 * @param blocks whether blocks share scales, and 128 inputs of a token one
 * @param data bytes in the backend's layout
 * @param scales F32, in the order of packed rows, or of blocks
 * @param inputScale F32 [1], the scale of all activations; null to find one for each token
 */
public record Fp8Weight(
        int n, int k, boolean gateUp, boolean blocks, Buffer data, Buffer scales, Buffer inputScale)
        implements Weight {

    @Override
    public long sizeBytes() {
        return data.sizeBytes() + scales.sizeBytes();
    }
}

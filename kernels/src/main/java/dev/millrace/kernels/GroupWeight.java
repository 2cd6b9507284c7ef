package dev.millrace.kernels;

/**
 * Integers of 4 or 8 bits with a scale for each group of inputs, unpacked where they are multiplied.
 *
 * @param bits 4 or 8
 * @param groupSize inputs that share a scale
 * @param scaleType F16 or BF16 on a GPU, F32 on the CPU
 * @param zeroPoints whether zero points stand beside the scales; offsets otherwise, as always on the CPU
 * @param n outputs
 * @param k inputs
 * @param gateUp whether {@link Kernels#packGateUp} made it
 * @param quants the integers, in the backend's layout
 * @param scales scales and zero points or offsets, in the backend's layout
 * @param permutation INT32 [k], the input that stands at each place of k; null for none
 */
public record GroupWeight(
        int bits,
        int groupSize,
        DType scaleType,
        boolean zeroPoints,
        int n,
        int k,
        boolean gateUp,
        Buffer quants,
        Buffer scales,
        Buffer permutation)
        implements Weight {

    @Override
    public long sizeBytes() {
        long gathered = permutation == null ? 0 : permutation.sizeBytes();
        return quants.sizeBytes() + scales.sizeBytes() + gathered;
    }
}

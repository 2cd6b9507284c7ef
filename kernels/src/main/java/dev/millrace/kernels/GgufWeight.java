package dev.millrace.kernels;

/**
 * GGUF blocks of 32 inputs that share a scale; they stay packed in memory.
 *
 * @param format kind of block
 * @param n outputs
 * @param k inputs
 * @param quants the small integers, in the backend's layout
 * @param scales one scale (and, for Q4_1, one minimum) for each block, in the backend's layout
 */
public record GgufWeight(WeightFormat format, int n, int k, Buffer quants, Buffer scales)
        implements Weight {

    @Override
    public boolean gateUp() {
        return false;
    }

    @Override
    public long sizeBytes() {
        return quants.sizeBytes() + scales.sizeBytes();
    }
}

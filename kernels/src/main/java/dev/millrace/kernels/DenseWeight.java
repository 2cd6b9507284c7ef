package dev.millrace.kernels;

/**
 * Plain numbers, F32, F16 or BF16.
 *
 * @param format how an element is stored
 * @param n outputs
 * @param k inputs
 * @param gateUp whether it was packed by {@link Kernels#packGateUp}, where that makes a difference
 * @param data elements in the backend's layout
 */
public record DenseWeight(WeightFormat format, int n, int k, boolean gateUp, Buffer data)
        implements Weight {

    @Override
    public long sizeBytes() {
        return data.sizeBytes();
    }
}

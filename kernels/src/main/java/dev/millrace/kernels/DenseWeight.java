package dev.millrace.kernels;

/**
 * Plain numbers, F32, F16 or BF16.
 *
 * @param format how an element is stored
 * @param n outputs
 * @param k inputs
 * @param data elements in the backend's layout
 */
public record DenseWeight(WeightFormat format, int n, int k, Buffer data) implements Weight {

    @Override
    public long sizeBytes() {
        return data.sizeBytes();
    }
}

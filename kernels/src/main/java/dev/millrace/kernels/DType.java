package dev.millrace.kernels;

/** Type of one element of a {@link Tensor}. */
public enum DType {
    F32(4),
    INT32(4),
    INT64(8);

    private final int sizeBytes;

    DType(int sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    /** Size of one element in bytes. */
    public int sizeBytes() {
        return sizeBytes;
    }
}

package dev.millrace.kernels;

/** Type of one element of a {@link Tensor}. The portable CPU backend has F32, INT32 and INT64 only, and keys and values in INT8. */
public enum DType {
    F32(4),
    BF16(2),
    F16(2),
    /** 8-bit floating point with 4 exponent and 3 mantissa bits, largest value 448 (the OCP FP8 specification's E4M3). */
    F8_E4M3(1),
    INT8(1),
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

package dev.millrace.kernels;

/**
 * How one row of a weight matrix is stored in a checkpoint: plain numbers, or GGUF blocks of 32 along the row.
 *
 * <p>GGUF block layouts (little-endian), with {@code d}, {@code m} float16: Q8_0 {@code d, int8[32]}, value {@code d·q}; Q4_0
 * {@code d, uint8[16]}, value {@code d·(q - 8)}; Q4_1 {@code d, m, uint8[16]}, value {@code d·q + m}. The low nibble of
 * byte {@code i} is element {@code i}, the high one element {@code i + 16}. Source: the GGUF specification and ggml's
 * {@code block_q8_0}, {@code block_q4_0}, {@code block_q4_1}.
 */
public enum WeightFormat {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    Q8_0(32, 34),
    Q4_0(32, 18),
    Q4_1(32, 20);

    private final int blockElements;
    private final int blockBytes;

    WeightFormat(int blockElements, int blockBytes) {
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** Elements that share one block; 1 for plain numbers. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes of one block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Bytes of a row of {@code k} elements; {@code k} must be a multiple of {@link #blockElements()}. */
    public long rowBytes(int k) {
        if (k % blockElements != 0) {
            throw new KernelException(
                    this + " rows hold multiples of " + blockElements + " elements, not " + k);
        }
        return (long) (k / blockElements) * blockBytes;
    }
}

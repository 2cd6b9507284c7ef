package dev.millrace.kernels;

/**
 * How one row of a weight matrix is stored in a checkpoint: plain numbers, or GGUF blocks of 32 or 256 along the row.
 *
 * <p>GGUF block layouts (little-endian), with {@code d}, {@code m} float16: Q8_0 {@code d, int8[32]}, value {@code d·q}; Q4_0
 * {@code d, uint8[16]}, value {@code d·(q - 8)}; Q4_1 {@code d, m, uint8[16]}, value {@code d·q + m}. The low nibble of
 * byte {@code i} is element {@code i}, the high one element {@code i + 16}. Q5_0 and Q5_1 are the same with 16 in the place of 8,
 * and the fifth bits of all elements in a uint32 before the nibbles.
 *
 * <p>Blocks of 256: Q4_K {@code d, m, uint8[12], uint8[128]}, value {@code d·s·q - m·t}, where the 12 bytes hold s and t of 6 bits
 * for each 32 elements; Q5_K has {@code uint8[32]} of fifth bits before the nibbles; Q6_K {@code uint8[128], uint8[64], int8[16], d},
 * value {@code d·s·(q - 32)} with s for each 16. {@link GgufBlock} has the order of their bits. Source: the GGUF specification and
 * ggml's {@code block_q8_0}, {@code block_q4_0}, {@code block_q4_1}, {@code block_q4_K} and so on.
 */
public enum WeightFormat {
    F32(1, 4),
    F16(1, 2),
    BF16(1, 2),
    Q8_0(32, 34),
    Q4_0(32, 18),
    Q4_1(32, 20),
    Q5_0(32, 22),
    Q5_1(32, 24),
    Q4_K(256, 144),
    Q5_K(256, 176),
    Q6_K(256, 210);

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

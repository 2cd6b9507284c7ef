package dev.millrace.kernels;

import java.nio.ByteBuffer;

/**
 * Elements of GGUF blocks, laid out as {@link WeightFormat} says: {@code bits · scale + offset}, rounded once. {@code bits} count
 * from 0; a signed integer has its offset in {@code offset}.
 *
 * <p>Offsets are absolute in a little-endian buffer; {@code from} is that of the row, {@code i} the element in it. All values but
 * the sum are exact in float32.
 *
 * <p>Thread-safety: stateless.
 */
public final class GgufBlock {
    private static final int HALVES_OF_Q6_K = 128;

    private GgufBlock() {}

    /** Elements that share a scale and an offset. */
    public static int groupSize(WeightFormat format) {
        return format == WeightFormat.Q6_K ? 16 : 32;
    }

    /** Most bits of an element. */
    public static int bits(WeightFormat format) {
        return switch (format) {
            case Q4_0, Q4_1, Q4_K -> 4;
            case Q5_0, Q5_1, Q5_K -> 5;
            case Q6_K -> 6;
            case Q8_0 -> 8;
            case F32, F16, BF16 -> throw new IllegalArgumentException("no blocks in " + format);
        };
    }

    /** The element itself. */
    public static float value(WeightFormat format, ByteBuffer stored, int from, int i) {
        return Math.fma(
                bits(format, stored, from, i),
                scale(format, stored, from, i),
                offset(format, stored, from, i));
    }

    /** The element's integer, from 0. */
    public static int bits(WeightFormat format, ByteBuffer stored, int from, int i) {
        int at = block(format, from, i);
        int in = i % format.blockElements();
        return switch (format) {
            case Q8_0 -> stored.get(at + 2 + in) + 128;
            case Q4_0 -> nibble(stored, at + 2, in, 16);
            case Q4_1 -> nibble(stored, at + 4, in, 16);
            case Q5_0 -> nibble(stored, at + 6, in, 16) | (stored.getInt(at + 2) >> in & 1) << 4;
            case Q5_1 -> nibble(stored, at + 8, in, 16) | (stored.getInt(at + 4) >> in & 1) << 4;
            case Q4_K -> nibble(stored, at + 16 + in / 64 * 32, in % 64, 32);
            case Q5_K ->
                    nibble(stored, at + 48 + in / 64 * 32, in % 64, 32)
                            | (stored.get(at + 16 + in % 32) >> in / 32 & 1) << 4;
            case Q6_K -> bitsOfQ6K(stored, at, in);
            case F32, F16, BF16 -> throw new IllegalArgumentException("no blocks in " + format);
        };
    }

    /** Low nibbles of {@code half} bytes are the first elements, high ones those after them. */
    private static int nibble(ByteBuffer stored, int at, int in, int half) {
        return stored.get(at + in % half) >> in / half * 4 & 15;
    }

    /** Four low bits as nibbles of 64 bytes, two high bits in quarters of 32 bytes, for each half of the block. */
    private static int bitsOfQ6K(ByteBuffer stored, int at, int in) {
        int half = in / HALVES_OF_Q6_K;
        int e = in % HALVES_OF_Q6_K;
        int low = nibble(stored, at + half * 64, e, 64);
        int high = stored.get(at + 128 + half * 32 + e % 32) >> e / 32 * 2 & 3;
        return low | high << 4;
    }

    /** What the integer is multiplied by. */
    public static float scale(WeightFormat format, ByteBuffer stored, int from, int i) {
        int at = block(format, from, i);
        int in = i % format.blockElements();
        return switch (format) {
            case Q4_K, Q5_K -> half(stored, at) * scaleOfK(stored, at + 4, in / 32);
            case Q6_K -> half(stored, at + 208) * stored.get(at + 192 + in / 16);
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1 -> half(stored, at);
            case F32, F16, BF16 -> throw new IllegalArgumentException("no blocks in " + format);
        };
    }

    /** What is added to the product. */
    public static float offset(WeightFormat format, ByteBuffer stored, int from, int i) {
        int at = block(format, from, i);
        int in = i % format.blockElements();
        return switch (format) {
            case Q8_0 -> -128 * half(stored, at);
            case Q4_0 -> -8 * half(stored, at);
            case Q5_0 -> -16 * half(stored, at);
            case Q6_K -> -32 * scale(format, stored, from, i);
            case Q4_1, Q5_1 -> half(stored, at + 2);
            case Q4_K, Q5_K -> -half(stored, at + 2) * minimumOfK(stored, at + 4, in / 32);
            case F32, F16, BF16 -> throw new IllegalArgumentException("no blocks in " + format);
        };
    }

    /** Six bits: of groups 0 to 3 in one byte; of 4 to 7 four in a nibble and two on top of an earlier group's. */
    private static int scaleOfK(ByteBuffer stored, int at, int group) {
        return group < 4
                ? stored.get(at + group) & 63
                : stored.get(at + group + 4) & 15 | (stored.get(at + group - 4) >> 6 & 3) << 4;
    }

    private static int minimumOfK(ByteBuffer stored, int at, int group) {
        return group < 4
                ? stored.get(at + group + 4) & 63
                : stored.get(at + group + 4) >> 4 & 15 | (stored.get(at + group) >> 6 & 3) << 4;
    }

    private static int block(WeightFormat format, int from, int i) {
        return from + i / format.blockElements() * format.blockBytes();
    }

    /** The float16 at {@code at}, exactly. */
    private static float half(ByteBuffer stored, int at) {
        short bits = stored.getShort(at);
        int magnitude = (bits & 0x7FFF) << 13;
        float value =
                magnitude >= 0x0F800000
                        ? Float.intBitsToFloat(magnitude | 0x7F800000)
                        : Float.intBitsToFloat(magnitude) * 0x1p112f;
        return bits < 0 ? -value : value;
    }
}

package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import java.nio.ByteBuffer;

/** Exact widening of stored numbers to float32. */
final class Floats {

    private Floats() {}

    /** Reads {@code count} plain little-endian numbers. */
    static float[] read(WeightFormat format, ByteBuffer bytes, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] =
                    switch (format) {
                        case F32 -> bytes.getFloat();
                        case F16 -> ofHalf(bytes.getShort());
                        case BF16 -> Float.intBitsToFloat(bytes.getShort() << 16);
                        case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                                throw new IllegalArgumentException(format + " is no plain format");
                    };
        }
        return values;
    }

    /** 8-bit floating point with 4 exponent and 3 fraction bits; all ones is not a number. */
    static float ofE4m3(byte bits) {
        int magnitude = bits & 0x7F;
        float value =
                magnitude == 0x7F ? Float.NaN : Float.intBitsToFloat(magnitude << 20) * 0x1p120f;
        return bits < 0 ? -value : value;
    }

    /** Bits of the binary16 that is {@code value}; other values lose their last bits. */
    static short halfOf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7FFFFFFF;
        if (magnitude < 0x38800000) {
            return (short) (sign | (int) (Math.abs(value) * 0x1p24f));
        }
        int exponent = magnitude >= 0x7F800000 ? 0x1F << 10 : ((magnitude >>> 23) - 112) << 10;
        return (short) (sign | exponent | ((magnitude >>> 13) & 0x3FF));
    }

    /** IEEE 754 binary16. */
    static float ofHalf(short half) {
        int sign = (half & 0x8000) << 16;
        int exponent = (half >> 10) & 0x1f;
        int fraction = half & 0x3ff;
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int wide = exponent == 0x1f ? 0xff : exponent + 112;
        return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
    }
}

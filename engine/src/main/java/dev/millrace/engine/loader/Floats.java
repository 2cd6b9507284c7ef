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
                        case Q8_0, Q4_0, Q4_1 ->
                                throw new IllegalArgumentException(format + " is no plain format");
                    };
        }
        return values;
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

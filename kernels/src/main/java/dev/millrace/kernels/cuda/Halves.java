package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;

/** 16-bit floating point on the host: rounding to nearest, ties to even, and widening. */
public enum Halves {
    BF16 {
        @Override
        public short round(float value) {
            int bits = Float.floatToRawIntBits(value);
            if (Float.isNaN(value)) {
                return (short) (bits >>> 16 | 0x40);
            }
            return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
        }

        @Override
        public float widen(short bits) {
            return Float.intBitsToFloat(bits << 16);
        }
    },
    F16 {
        @Override
        public short round(float value) {
            int bits = Float.floatToRawIntBits(value);
            int sign = bits >>> 16 & 0x8000;
            float magnitude = Math.abs(value);
            if (Float.isNaN(value)) {
                return (short) (sign | 0x7E00);
            }
            // 65520 is half-way between the largest finite number and the next that there would be.
            if (magnitude >= 65520f) {
                return (short) (sign | 0x7C00);
            }
            // Below 2^-14 steps are 2^-24; adding 0.5, whose steps are 2^-24 too, rounds to them.
            if (magnitude < 0x1p-14f) {
                return (short) (sign | Float.floatToRawIntBits(magnitude + 0.5f) - 0x3F000000);
            }
            int exact = Float.floatToRawIntBits(magnitude);
            int rounded = exact + 0xFFF + (exact >>> 13 & 1);
            return (short) (sign | (rounded >>> 13) - (112 << 10));
        }

        @Override
        public float widen(short bits) {
            int exponent = bits >> 10 & 31;
            int fraction = bits & 1023;
            float magnitude =
                    switch (exponent) {
                        case 0 -> fraction * 0x1p-24f;
                        case 31 -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
                        default -> Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
                    };
            return bits < 0 ? -magnitude : magnitude;
        }
    };

    /** The nearest value's bits. */
    public abstract short round(float value);

    /** The value of bits, exactly. */
    public abstract float widen(short bits);

    /** The rules of a tensor type. */
    public static Halves of(DType dtype) {
        return switch (dtype) {
            case BF16 -> BF16;
            case F16 -> F16;
            case F32, F8_E4M3, INT8, INT32, INT64 ->
                    throw new KernelException(dtype + " is no 16-bit floating point type");
        };
    }
}

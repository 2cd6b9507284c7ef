package dev.millrace.kernels.cuda;

/** 8-bit floating point with 4 exponent and 3 mantissa bits: no infinities, one NaN of each sign. */
final class E4m3 {
    private E4m3() {}

    /** The value of bits, exactly. */
    static float value(byte bits) {
        int exponent = bits >> 3 & 15;
        int fraction = bits & 7;
        float magnitude;
        if (exponent == 15 && fraction == 7) {
            magnitude = Float.NaN;
        } else if (exponent == 0) {
            magnitude = fraction * 0x1p-9f;
        } else {
            magnitude = Math.scalb(8 + fraction, exponent - 10);
        }
        return bits < 0 ? -magnitude : magnitude;
    }
}

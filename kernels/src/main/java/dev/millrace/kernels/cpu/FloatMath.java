package dev.millrace.kernels.cpu;

/**
 * Functions on one float, the exact counterpart of the vector loops: the same operations in the same order, so that a
 * tail element has the bits it would have had in a vector.
 */
final class FloatMath {
    static final float LOG2_E = 1.442695041f;
    // ln 2 in two parts; the first has trailing zeros, so that n · LN2_HIGH is exact.
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    // Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
    static final float ROUND = 12582912f;
    static final int ROUND_BITS = 0x4B400000;
    // Beyond these, float32 exp is 0 or infinite.
    static final float EXP_LOWEST = -104f;
    static final float EXP_HIGHEST = 89f;
    // Polynomials from Cephes' expf and tanhf (S. Moshier); errors under 1.5 ulp.
    static final float E5 = 1.9875691500e-4f;
    static final float E4 = 1.3981999507e-3f;
    static final float E3 = 8.3334519073e-3f;
    static final float E2 = 4.1665795894e-2f;
    static final float E1 = 1.6666665459e-1f;
    static final float E0 = 5.0000001201e-1f;
    static final float T4 = -5.70498872745e-3f;
    static final float T3 = 2.06390887954e-2f;
    static final float T2 = -5.37397155531e-2f;
    static final float T1 = 1.33314422036e-1f;
    static final float T0 = -3.33332819422e-1f;
    static final float TANH_SMALL = 0.625f;
    static final float GELU_CUBIC = 0.044715f;
    // 2 √(2 / π): the gate is written as x · sigmoid(2u) instead of 0.5 x (1 + tanh u), which
    // cancels.
    static final float GELU_SCALE = 1.5957691216057308f;
    static final float F16_SCALE = 0x1p112f;

    static final float CLAMP = 7f;
    static final float CLAMPED_SLOPE = 1.702f;

    private FloatMath() {}

    static float exp(float x) {
        float clamped = x < EXP_LOWEST ? EXP_LOWEST : x;
        clamped = clamped > EXP_HIGHEST ? EXP_HIGHEST : clamped;
        float rounded = Math.fma(clamped, LOG2_E, ROUND);
        float n = rounded - ROUND;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
        float p = Math.fma(E5, r, E4);
        p = Math.fma(p, r, E3);
        p = Math.fma(p, r, E2);
        p = Math.fma(p, r, E1);
        p = Math.fma(p, r, E0);
        float y = Math.fma(p, r * r, r) + 1f;
        // Two factors, because 2ⁿ alone leaves the range of float32 for denormal and huge results.
        int exponent = Float.floatToRawIntBits(rounded) - ROUND_BITS;
        int half = exponent >> 1;
        return y * powerOfTwo(half) * powerOfTwo(exponent - half);
    }

    private static float powerOfTwo(int exponent) {
        return Float.intBitsToFloat((exponent + 127) << 23);
    }

    static float tanh(float x) {
        float square = x * x;
        float p = Math.fma(T4, square, T3);
        p = Math.fma(p, square, T2);
        p = Math.fma(p, square, T1);
        p = Math.fma(p, square, T0);
        float small = Math.fma(p * square, x, x);
        float magnitude = Math.abs(x);
        float large = 1f - 2f / (exp(magnitude + magnitude) + 1f);
        float signed = x < 0f ? -large : large;
        return magnitude < TANH_SMALL ? small : signed;
    }

    static float silu(float x) {
        return x / (exp(-x) + 1f);
    }

    static float gelu(float x) {
        return x / (exp(-geluArgument(x)) + 1f);
    }

    /** {@code gate = min(gate, 7)}, {@code up = max(−7, min(up, 7)) + 1}. */
    static void clamp(float[] gate, int gateOffset, float[] up, int upOffset, int length) {
        for (int i = 0; i < length; i++) {
            gate[gateOffset + i] = Math.min(gate[gateOffset + i], CLAMP);
            up[upOffset + i] = Math.max(-CLAMP, Math.min(up[upOffset + i], CLAMP)) + 1f;
        }
    }

    static float geluArgument(float x) {
        return Math.fma(x * x * x, GELU_CUBIC, x) * GELU_SCALE;
    }

    static float softCap(float x, float cap) {
        return tanh(x / cap) * cap;
    }

    /** Exact value of the float16 in the low 16 bits. */
    static float fromF16(int bits) {
        int magnitude = (bits & 0x7FFF) << 13;
        int sign = (bits & 0x8000) << 16;
        // Shifting puts exponent and fraction in place; the factor moves the exponent's bias,
        // exactly, for denormals too.
        float value = Float.intBitsToFloat(magnitude) * F16_SCALE;
        int finite = Float.floatToRawIntBits(value);
        int result = magnitude >= 0x0F800000 ? magnitude | 0x7F800000 : finite;
        return Float.intBitsToFloat(result | sign);
    }

    /** Exact value of the bfloat16 in the low 16 bits. */
    static float fromBf16(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}

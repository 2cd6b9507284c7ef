package dev.millrace.kernels.cpu;

/**
 * Activations as products of 8-bit codes see them: each value becomes the nearest code times the scale, ties to even.
 *
 * <p>Signed bytes: {@code s = max|x| / 127} over a token, as vLLM has it (compressed-tensors itself divides by 127.5; a checkpoint
 * does not say which it was made with). E4M3: {@code s = max|x| / 448} over a token or 128 inputs of one, or the checkpoint's own
 * scale; codes stop at ±448 (Micikevicius et al., arXiv 2209.05433).
 */
final class ActivationRounding {
    static final float MAX_INT8 = 127;
    private static final float MAX_E4M3 = 448;
    private static final int LOWEST_E4M3_EXPONENT = -6;
    private static final int FRACTION_BITS = 3;

    private ActivationRounding() {}

    /** A row of signed bytes with one scale. */
    static void int8(float[] in, int from, float[] out, int to, int length) {
        float scale = largest(in, from, length) / MAX_INT8;
        for (int i = 0; i < length; i++) {
            float code = scale == 0 ? 0 : (float) Math.rint(in[from + i] / scale);
            out[to + i] = code * scale;
        }
    }

    /** A row of E4M3 with one scale, found for the row when {@code given} is 0. */
    static void e4m3(float[] in, int from, float[] out, int to, int length, float given) {
        float scale = given == 0 ? largest(in, from, length) / MAX_E4M3 : given;
        for (int i = 0; i < length; i++) {
            out[to + i] = scale == 0 ? 0 : nearestE4m3(in[from + i] / scale) * scale;
        }
    }

    /** The largest magnitude; NaN if there is one. */
    static float largest(float[] in, int from, int length) {
        float largest = 0;
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, Math.abs(in[from + i]));
        }
        return largest;
    }

    /** The value of E4M3 that is nearest to {@code x}, at most 448. */
    static float nearestE4m3(float x) {
        float clamped = Math.max(-MAX_E4M3, Math.min(MAX_E4M3, x));
        int exponent = Math.max(LOWEST_E4M3_EXPONENT, Math.getExponent(clamped));
        float step = Math.scalb(1f, Math.min(exponent, 8) - FRACTION_BITS);
        return (float) Math.rint(clamped / step) * step;
    }
}

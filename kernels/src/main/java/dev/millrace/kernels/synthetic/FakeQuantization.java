package dev.millrace.kernels.synthetic;

/** What becomes of activations that are quantised and multiplied, in float32, for the CPU. */
final class FakeQuantization {
    private static final float MOST_INT8 = 127;
    private static final float MOST_E4M3 = 448;
    private static final int BLOCK = 128;

    private FakeQuantization() {}

    /** Rows of {@code k} elements, in place, as {@code kind} quantises them. */
    static void apply(WeightKind kind, float[] rows, int k) {
        switch (kind) {
            case INT8 -> each(rows, k, k, MOST_INT8);
            case FP8 -> each(rows, k, k, MOST_E4M3);
            case FP8_BLOCKS -> each(rows, k, BLOCK, MOST_E4M3);
            case DENSE, W4A16, W8A16 -> {}
        }
    }

    private static void each(float[] rows, int k, int group, float most) {
        for (int row = 0; row < rows.length; row += k) {
            for (int i = 0; i < k; i += group) {
                apply(rows, row + i, row + Math.min(i + group, k), most);
            }
        }
    }

    private static void apply(float[] values, int from, int to, float most) {
        float max = 0;
        for (int i = from; i < to; i++) {
            max = Math.max(max, Math.abs(values[i]));
        }
        float scale = max / most;
        float factor = max == 0 ? 0 : most / max;
        for (int i = from; i < to; i++) {
            float scaled = values[i] * factor;
            values[i] = scale * (most == MOST_INT8 ? (float) Math.rint(scaled) : nearest(scaled));
        }
    }

    /** The nearest number of E4M3, ties to even: 3 bits behind the leading one, steps of 2^-9 at least. */
    private static float nearest(float value) {
        float step = Math.scalb(1f, Math.max(Math.getExponent(value), -6) - 3);
        return (float) Math.rint(value / step) * step;
    }

    /** The value of bits, exactly. */
    static float e4m3(byte bits) {
        int exponent = bits >> 3 & 15;
        int fraction = bits & 7;
        float magnitude =
                exponent == 0 ? fraction * 0x1p-9f : Math.scalb(8f + fraction, exponent - 10);
        return bits < 0 ? -magnitude : magnitude;
    }
}

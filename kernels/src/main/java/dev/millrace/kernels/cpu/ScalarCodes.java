package dev.millrace.kernels.cpu;

/** Expands the codes of quantised checkpoints in plain loops, see {@link CodedPanel}. */
final class ScalarCodes {
    private static final int HALF = ScalarLanes.NR / 2;

    private ScalarCodes() {}

    static void int4(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        affine(4, packed, offset, inputs, scales, scalesOffset, out, outOffset);
    }

    static void int8(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        affine(8, packed, offset, inputs, scales, scalesOffset, out, outOffset);
    }

    /** Codes of {@code bits} bits, times a scale, plus a minimum. */
    private static void affine(
            int bits,
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        // Half a row: this many of them share a row of lanes.
        int halves = 32 / bits;
        int mask = (1 << bits) - 1;
        int numHalves = (inputs + halves / 2 - 1) / (halves / 2) * halves;
        for (int h = 0; h < numHalves; h++) {
            int from = offset + h / halves * HALF;
            int shift = bits * (h % halves);
            int scale = scalesOffset + h % 2 * HALF;
            for (int j = 0; j < HALF; j++) {
                int q = packed[from + j] >>> shift & mask;
                out[outOffset + h * HALF + j] =
                        Math.fma(q, scales[scale + j], scales[scale + 2 * HALF + j]);
            }
        }
    }

    static void e4m3(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        for (int h = 0; h < (inputs + 1) / 2 * 4; h++) {
            // Half a row: 4 of them share a row of lanes.
            int from = offset + h / 4 * HALF;
            int shift = 8 * (h % 4);
            int scale = scalesOffset + h % 2 * HALF;
            for (int j = 0; j < HALF; j++) {
                int q = packed[from + j] >>> shift & 255;
                out[outOffset + h * HALF + j] = CodedPanel.e4m3(q) * scales[scale + j];
            }
        }
    }
}

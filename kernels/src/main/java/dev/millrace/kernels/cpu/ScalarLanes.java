package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;

/**
 * Plain loops, for a JVM without the Vector API; the compiler turns the simplest into vector instructions by itself.
 *
 * <p>Thread-safety: stateless.
 */
public final class ScalarLanes implements Lanes {
    static final int NR = 16;
    private static final int HALF = NR / 2;
    private static final int SUMS = 8;

    @Override
    public String name() {
        return "scalar loops";
    }

    @Override
    public int panelColumns() {
        return NR;
    }

    @Override
    public void multiply(
            int rows,
            int columns,
            float[] a,
            int aOffset,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int depth,
            float[] c,
            int cOffset,
            int cStride) {
        for (int r = 0; r < rows; r++) {
            int cRow = cOffset + r * cStride;
            for (int i = 0; i < depth; i++) {
                float x = a[aOffset + r * aStride + i];
                int bRow = bOffset + i * bStride;
                for (int j = 0; j < columns; j++) {
                    c[cRow + j] += x * b[bRow + j];
                }
            }
        }
    }

    @Override
    public void multiplyPanels(
            int rows,
            int panels,
            float[] a,
            int aOffset,
            int aStride,
            float[] b,
            int bOffset,
            int bPanelStride,
            int depth,
            float[] c,
            int cOffset,
            int cPanelStride) {
        for (int p = 0; p < panels; p++) {
            int bPanel = bOffset + p * bPanelStride;
            int cPanel = cOffset + p * cPanelStride;
            multiply(rows, NR, a, aOffset, aStride, b, bPanel, NR, depth, c, cPanel, NR);
        }
    }

    @Override
    public void unpackBf16(int[] packed, int offset, int rows, float[] out, int outOffset) {
        for (int i = 0; i < rows; i++) {
            int from = offset + i * HALF;
            int to = outOffset + i * NR;
            for (int j = 0; j < HALF; j++) {
                out[to + j] = FloatMath.fromBf16(packed[from + j]);
                out[to + HALF + j] = FloatMath.fromBf16(packed[from + j] >>> 16);
            }
        }
    }

    @Override
    public void unpackF16(int[] packed, int offset, int rows, float[] out, int outOffset) {
        for (int i = 0; i < rows; i++) {
            int from = offset + i * HALF;
            int to = outOffset + i * NR;
            for (int j = 0; j < HALF; j++) {
                out[to + j] = FloatMath.fromF16(packed[from + j]);
                out[to + HALF + j] = FloatMath.fromF16(packed[from + j] >>> 16);
            }
        }
    }

    @Override
    public void unpackQ8(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        for (int h = 0; h < blocks * 64; h++) {
            // Half a row: four of them share a row of lanes.
            int from = offset + (h >> 2) * HALF;
            int shift = 24 - 8 * (h & 3);
            int scale = (h >> 6) * NR + (h & 1) * HALF;
            for (int j = 0; j < HALF; j++) {
                out[outOffset + h * HALF + j] =
                        (packed[from + j] << shift >> 24) * scales[scale + j];
            }
        }
    }

    @Override
    public void unpackQ4(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        for (int h = 0; h < blocks * 64; h++) {
            int from = offset + (h >> 3) * HALF;
            int shift = 4 * (h & 7);
            int scale = (h >> 6) * NR + (h & 1) * HALF;
            for (int j = 0; j < HALF; j++) {
                int q = packed[from + j] >>> shift & 15;
                out[outOffset + h * HALF + j] = (q - 8) * scales[scale + j];
            }
        }
    }

    @Override
    public void unpackQ4WithMin(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        for (int h = 0; h < blocks * 64; h++) {
            int from = offset + (h >> 3) * HALF;
            int shift = 4 * (h & 7);
            int scale = (h >> 6) * 2 * NR + (h & 1) * HALF;
            for (int j = 0; j < HALF; j++) {
                int q = packed[from + j] >>> shift & 15;
                out[outOffset + h * HALF + j] = q * scales[scale + j] + scales[scale + NR + j];
            }
        }
    }

    @Override
    public void unpackInt4(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        ScalarCodes.int4(packed, offset, inputs, scales, scalesOffset, out, outOffset);
    }

    @Override
    public void unpackInt8(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        ScalarCodes.int8(packed, offset, inputs, scales, scalesOffset, out, outOffset);
    }

    @Override
    public void unpackE4m3(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        ScalarCodes.e4m3(packed, offset, inputs, scales, scalesOffset, out, outOffset);
    }

    @Override
    public void copy(
            int rows,
            int columns,
            float[] from,
            int fromOffset,
            int fromStride,
            float[] to,
            int toOffset,
            int toStride) {
        for (int r = 0; r < rows; r++) {
            System.arraycopy(
                    from, fromOffset + r * fromStride, to, toOffset + r * toStride, columns);
        }
    }

    @Override
    public float sumOfSquares(float[] x, int offset, int length, float[] temp) {
        clear(temp);
        for (int i = 0; i < length; i++) {
            temp[i & (SUMS - 1)] += x[offset + i] * x[offset + i];
        }
        return total(temp);
    }

    private static void clear(float[] temp) {
        for (int i = 0; i < SUMS; i++) {
            temp[i] = 0f;
        }
    }

    private static float total(float[] temp) {
        float sum = 0f;
        for (int i = 0; i < SUMS; i++) {
            sum += temp[i];
        }
        return sum;
    }

    @Override
    public float sum(float[] x, int offset, int length, float[] temp) {
        clear(temp);
        for (int i = 0; i < length; i++) {
            temp[i & (SUMS - 1)] += x[offset + i];
        }
        return total(temp);
    }

    @Override
    public void scaleByWeight(
            float[] out,
            int outOffset,
            float[] x,
            int offset,
            float factor,
            float[] weight,
            int weightOffset,
            int length) {
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = x[offset + i] * factor * weight[weightOffset + i];
        }
    }

    @Override
    public void add(float[] x, int offset, float[] y, int yOffset, int length) {
        for (int i = 0; i < length; i++) {
            x[offset + i] += y[yOffset + i];
        }
    }

    @Override
    public void scale(float[] x, int offset, int length, float factor) {
        for (int i = 0; i < length; i++) {
            x[offset + i] *= factor;
        }
    }

    @Override
    public void gate(
            Activation activation,
            float[] out,
            int outOffset,
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            int length) {
        if (activation == Activation.CLAMPED_SILU) {
            FloatMath.clamp(gate, gateOffset, up, upOffset, length);
        }
        for (int i = 0; i < length; i++) {
            float x = gate[gateOffset + i];
            float activated =
                    switch (activation) {
                        case SILU -> FloatMath.silu(x);
                        case GELU_TANH -> FloatMath.gelu(x);
                        case CLAMPED_SILU -> x / (FloatMath.exp(x * -FloatMath.CLAMPED_SLOPE) + 1f);
                    };
            out[outOffset + i] = activated * up[upOffset + i];
        }
    }

    @Override
    public void softCap(float[] x, int offset, int length, float cap, float[] temp) {
        for (int i = 0; i < length; i++) {
            x[offset + i] = FloatMath.softCap(x[offset + i], cap);
        }
    }

    @Override
    public float maxOrNan(float[] x, int offset, int length) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < length; i++) {
            max = Math.max(max, x[offset + i]);
        }
        return max;
    }

    @Override
    public float scaleAndMax(float[] x, int offset, int length, float scale, float max) {
        float largest = max;
        for (int i = 0; i < length; i++) {
            float scaled = x[offset + i] * scale;
            x[offset + i] = scaled;
            largest = scaled > largest ? scaled : largest;
        }
        return largest;
    }

    @Override
    public void exp(
            float[] out,
            int outOffset,
            float[] x,
            int offset,
            int length,
            float shift,
            float factor) {
        for (int i = 0; i < length; i++) {
            out[outOffset + i] = FloatMath.exp((x[offset + i] - shift) * factor);
        }
    }
}

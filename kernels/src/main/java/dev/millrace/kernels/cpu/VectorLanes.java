package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops on the Vector API, as wide as the processor prefers.
 *
 * <p>Nothing here reduces across lanes with {@code reduceLanes(ADD)}: its order is not specified, and interpreter and
 * compiler may differ. Sums are stored and added in order.
 *
 * <p>Thread-safety: stateless.
 */
public final class VectorLanes implements Lanes {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int L = FLOATS.length();
    private static final int NR = 2 * L;
    private static final int MAX_ROWS = L >= 16 ? 12 : 6;

    @Override
    public String name() {
        return "Vector API, " + L + " float lanes";
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
        int j = 0;
        if (rows == 1) {
            for (; j + 4 * NR <= columns; j += 4 * NR) {
                VectorTiles.tile1x4Panels(
                        a,
                        aOffset,
                        aStride,
                        b,
                        bOffset + j,
                        bStride,
                        NR,
                        depth,
                        c,
                        cOffset + j,
                        cStride,
                        NR);
            }
        }
        for (; j + NR <= columns; j += NR) {
            twoVectors(
                    rows,
                    a,
                    aOffset,
                    aStride,
                    b,
                    bOffset + j,
                    bStride,
                    depth,
                    c,
                    cOffset + j,
                    cStride);
        }
        for (; j + L <= columns; j += L) {
            oneVector(
                    rows,
                    a,
                    aOffset,
                    aStride,
                    b,
                    bOffset + j,
                    bStride,
                    depth,
                    c,
                    cOffset + j,
                    cStride);
        }
        for (; j < columns; j++) {
            oneColumn(
                    rows,
                    a,
                    aOffset,
                    aStride,
                    b,
                    bOffset + j,
                    bStride,
                    depth,
                    c,
                    cOffset + j,
                    cStride);
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
        int p = 0;
        if (rows == 1) {
            for (; p + 4 <= panels; p += 4) {
                VectorTiles.tile1x4Panels(
                        a,
                        aOffset,
                        aStride,
                        b,
                        bOffset + p * bPanelStride,
                        NR,
                        bPanelStride,
                        depth,
                        c,
                        cOffset + p * cPanelStride,
                        NR,
                        cPanelStride);
            }
        } else if (rows == 2) {
            for (; p + 2 <= panels; p += 2) {
                VectorTiles.tile2x2Panels(
                        a,
                        aOffset,
                        aStride,
                        b,
                        bOffset + p * bPanelStride,
                        NR,
                        bPanelStride,
                        depth,
                        c,
                        cOffset + p * cPanelStride,
                        NR,
                        cPanelStride);
            }
        }
        for (; p < panels; p++) {
            twoVectors(
                    rows,
                    a,
                    aOffset,
                    aStride,
                    b,
                    bOffset + p * bPanelStride,
                    NR,
                    depth,
                    c,
                    cOffset + p * cPanelStride,
                    NR);
        }
    }

    private static void twoVectors(
            int rows,
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        int r = 0;
        while (r < rows) {
            int height = tileHeight(rows - r);
            int ar = ao + r * as;
            int cr = co + r * cs;
            switch (height) {
                case 12 -> VectorTallTiles.tile12x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
                case 8 -> VectorTallTiles.tile8x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
                case 6 -> VectorTiles.tile6x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
                case 4 -> VectorTiles.tile4x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
                case 3 -> VectorTiles.tile3x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
                case 2 -> VectorTiles.tile2x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
                default -> VectorTiles.tile1x2(a, ar, as, b, bo, bs, depth, c, cr, cs);
            }
            r += height;
        }
    }

    /** The next tile for {@code rows} left: tall, but leaving no sliver of one or two rows that a split avoids. */
    private static int tileHeight(int rows) {
        if (MAX_ROWS == 12) {
            if (rows >= 12 && rows != 13 && rows != 14) {
                return 12;
            }
            if (rows >= 8) {
                return 8;
            }
        }
        return switch (rows) {
            case 1, 2, 3, 4 -> rows;
            case 5 -> 3;
            case 7, 8 -> 4;
            default -> 6;
        };
    }

    private static void oneVector(
            int rows,
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        int r = 0;
        for (; r + 8 <= rows; r += 8) {
            VectorTallTiles.tile8x1(a, ao + r * as, as, b, bo, bs, depth, c, co + r * cs, cs);
        }
        for (; r + 4 <= rows; r += 4) {
            VectorTallTiles.tile4x1(a, ao + r * as, as, b, bo, bs, depth, c, co + r * cs, cs);
        }
        for (; r + 2 <= rows; r += 2) {
            VectorTallTiles.tile2x1(a, ao + r * as, as, b, bo, bs, depth, c, co + r * cs, cs);
        }
        for (; r < rows; r++) {
            VectorTallTiles.tile1x1(a, ao + r * as, as, b, bo, bs, depth, c, co + r * cs, cs);
        }
    }

    private static void oneColumn(
            int rows,
            float[] a,
            int ao,
            int as,
            float[] b,
            int bo,
            int bs,
            int depth,
            float[] c,
            int co,
            int cs) {
        for (int r = 0; r < rows; r++) {
            float sum = c[co + r * cs];
            for (int i = 0; i < depth; i++) {
                sum = Math.fma(a[ao + r * as + i], b[bo + i * bs], sum);
            }
            c[co + r * cs] = sum;
        }
    }

    @Override
    public void unpackBf16(int[] packed, int offset, int rows, float[] out, int outOffset) {
        VectorUnpack.bf16(packed, offset, rows, out, outOffset);
    }

    @Override
    public void unpackF16(int[] packed, int offset, int rows, float[] out, int outOffset) {
        VectorUnpack.f16(packed, offset, rows, out, outOffset);
    }

    @Override
    public void unpackQ8(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        VectorUnpack.q8(packed, offset, blocks, scales, out, outOffset);
    }

    @Override
    public void unpackQ4(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        VectorUnpack.q4(packed, offset, blocks, scales, out, outOffset);
    }

    @Override
    public void unpackQ4WithMin(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        VectorUnpack.q4WithMin(packed, offset, blocks, scales, out, outOffset);
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
        VectorCodes.int4(packed, offset, inputs, scales, scalesOffset, out, outOffset);
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
        VectorCodes.int8(packed, offset, inputs, scales, scalesOffset, out, outOffset);
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
        VectorCodes.e4m3(packed, offset, inputs, scales, scalesOffset, out, outOffset);
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
        int j = 0;
        for (; j + L <= columns; j += L) {
            for (int r = 0; r < rows; r++) {
                FloatVector.fromArray(FLOATS, from, fromOffset + r * fromStride + j)
                        .intoArray(to, toOffset + r * toStride + j);
            }
        }
        for (; j < columns; j++) {
            for (int r = 0; r < rows; r++) {
                to[toOffset + r * toStride + j] = from[fromOffset + r * fromStride + j];
            }
        }
    }

    @Override
    public float sumOfSquares(float[] x, int offset, int length, float[] temp) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i + NR <= length; i += NR) {
            FloatVector v0 = FloatVector.fromArray(FLOATS, x, offset + i);
            FloatVector v1 = FloatVector.fromArray(FLOATS, x, offset + i + L);
            s0 = v0.fma(v0, s0);
            s1 = v1.fma(v1, s1);
        }
        float sum = 0f;
        for (; i < length; i++) {
            sum = Math.fma(x[offset + i], x[offset + i], sum);
        }
        s0.add(s1).intoArray(temp, 0);
        for (int lane = 0; lane < L; lane++) {
            sum += temp[lane];
        }
        return sum;
    }

    @Override
    public float sum(float[] x, int offset, int length, float[] temp) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        int i = 0;
        for (; i + L <= length; i += L) {
            s0 = s0.add(FloatVector.fromArray(FLOATS, x, offset + i));
        }
        float sum = 0f;
        for (; i < length; i++) {
            sum += x[offset + i];
        }
        s0.intoArray(temp, 0);
        for (int lane = 0; lane < L; lane++) {
            sum += temp[lane];
        }
        return sum;
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
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector w = FloatVector.fromArray(FLOATS, weight, weightOffset + i);
            FloatVector v = FloatVector.fromArray(FLOATS, x, offset + i);
            v.mul(factor).mul(w).intoArray(out, outOffset + i);
        }
        for (; i < length; i++) {
            out[outOffset + i] = x[offset + i] * factor * weight[weightOffset + i];
        }
    }

    @Override
    public void add(float[] x, int offset, float[] y, int yOffset, int length) {
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector v = FloatVector.fromArray(FLOATS, y, yOffset + i);
            FloatVector.fromArray(FLOATS, x, offset + i).add(v).intoArray(x, offset + i);
        }
        for (; i < length; i++) {
            x[offset + i] += y[yOffset + i];
        }
    }

    @Override
    public void scale(float[] x, int offset, int length, float factor) {
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector.fromArray(FLOATS, x, offset + i).mul(factor).intoArray(x, offset + i);
        }
        for (; i < length; i++) {
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
        switch (activation) {
            case SILU -> VectorMath.exp(out, outOffset, gate, gateOffset, length, 0f, -1f);
            case GELU_TANH -> {
                VectorMath.geluArgument(out, outOffset, gate, gateOffset, length);
                VectorMath.exp(out, outOffset, out, outOffset, length, 0f, -1f);
            }
            case CLAMPED_SILU -> {
                FloatMath.clamp(gate, gateOffset, up, upOffset, length);
                VectorMath.exp(
                        out, outOffset, gate, gateOffset, length, 0f, -FloatMath.CLAMPED_SLOPE);
            }
        }
        VectorMath.gateByExp(out, outOffset, gate, gateOffset, up, upOffset, length);
    }

    @Override
    public void softCap(float[] x, int offset, int length, float cap, float[] temp) {
        for (int i = 0; i < length; i += TEMP_FLOATS) {
            int chunk = Math.min(TEMP_FLOATS, length - i);
            VectorMath.tanhArgument(temp, x, offset + i, chunk, cap);
            VectorMath.exp(temp, 0, temp, 0, chunk, 0f, 1f);
            VectorMath.softCapByExp(x, offset + i, chunk, cap, temp);
        }
    }

    @Override
    public float maxOrNan(float[] x, int offset, int length) {
        return VectorMath.maxOrNan(x, offset, length);
    }

    @Override
    public float scaleAndMax(float[] x, int offset, int length, float scale, float max) {
        return VectorMath.scaleAndMax(x, offset, length, scale, max);
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
        VectorMath.exp(out, outOffset, x, offset, length, shift, factor);
    }
}

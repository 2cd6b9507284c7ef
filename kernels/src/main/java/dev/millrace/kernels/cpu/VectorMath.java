package dev.millrace.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops with exponentials and maxima; {@link FloatMath} does the same operations for the tails.
 *
 * <p>There is one vector exponential, a loop of its own from array to array: as a helper inside other loops it would be
 * inlined at C2's pleasure, and its vectors would become objects whenever it is not.
 */
final class VectorMath {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int L = FLOATS.length();
    private static final int INFINITY_BITS = 0x7F800000;

    private VectorMath() {}

    static void exp(
            float[] out,
            int outOffset,
            float[] in,
            int offset,
            int length,
            float shift,
            float factor) {
        FloatVector low = FloatVector.broadcast(FLOATS, FloatMath.EXP_LOWEST);
        FloatVector high = FloatVector.broadcast(FLOATS, FloatMath.EXP_HIGHEST);
        FloatVector round = FloatVector.broadcast(FLOATS, FloatMath.ROUND);
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector x = FloatVector.fromArray(FLOATS, in, offset + i).sub(shift).mul(factor);
            // Comparing and blending lets NaN through.
            FloatVector clamped = x.blend(low, x.compare(VectorOperators.LT, low));
            clamped = clamped.blend(high, clamped.compare(VectorOperators.GT, high));
            FloatVector rounded =
                    clamped.fma(FloatVector.broadcast(FLOATS, FloatMath.LOG2_E), round);
            FloatVector n = rounded.sub(round);
            FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -FloatMath.LN2_HIGH), clamped);
            r = n.fma(FloatVector.broadcast(FLOATS, -FloatMath.LN2_LOW), r);
            FloatVector p =
                    r.fma(
                            FloatVector.broadcast(FLOATS, FloatMath.E5),
                            FloatVector.broadcast(FLOATS, FloatMath.E4));
            p = p.fma(r, FloatVector.broadcast(FLOATS, FloatMath.E3));
            p = p.fma(r, FloatVector.broadcast(FLOATS, FloatMath.E2));
            p = p.fma(r, FloatVector.broadcast(FLOATS, FloatMath.E1));
            p = p.fma(r, FloatVector.broadcast(FLOATS, FloatMath.E0));
            FloatVector y = p.fma(r.mul(r), r).add(1f);
            IntVector exponent = rounded.reinterpretAsInts().sub(FloatMath.ROUND_BITS);
            IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
            IntVector rest = exponent.sub(half);
            y.mul(half.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
                    .mul(rest.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
                    .intoArray(out, outOffset + i);
        }
        for (; i < length; i++) {
            out[outOffset + i] = FloatMath.exp((in[offset + i] - shift) * factor);
        }
    }

    /** {@code out = x / (out + 1) · up}: sigmoid gates, once out holds the exponentials. */
    static void gateByExp(
            float[] out,
            int outOffset,
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            int length) {
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector x = FloatVector.fromArray(FLOATS, gate, gateOffset + i);
            FloatVector y = FloatVector.fromArray(FLOATS, up, upOffset + i);
            FloatVector e = FloatVector.fromArray(FLOATS, out, outOffset + i);
            x.div(e.add(1f)).mul(y).intoArray(out, outOffset + i);
        }
        for (; i < length; i++) {
            float x = gate[gateOffset + i];
            out[outOffset + i] = x / (out[outOffset + i] + 1f) * up[upOffset + i];
        }
    }

    /** {@code out = 2 √(2/π) (x + 0.044715 x³)}. */
    static void geluArgument(float[] out, int outOffset, float[] x, int offset, int length) {
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, offset + i);
            v.mul(v)
                    .mul(v)
                    .fma(FloatVector.broadcast(FLOATS, FloatMath.GELU_CUBIC), v)
                    .mul(FloatMath.GELU_SCALE)
                    .intoArray(out, outOffset + i);
        }
        for (; i < length; i++) {
            out[outOffset + i] = FloatMath.geluArgument(x[offset + i]);
        }
    }

    /** {@code out = 2 |x / cap|}. */
    static void tanhArgument(float[] out, float[] x, int offset, int length, float cap) {
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector magnitude = FloatVector.fromArray(FLOATS, x, offset + i).div(cap).abs();
            magnitude.add(magnitude).intoArray(out, i);
        }
        for (; i < length; i++) {
            float magnitude = Math.abs(x[offset + i] / cap);
            out[i] = magnitude + magnitude;
        }
    }

    /** {@code x = cap · tanh(x / cap)}, given {@code exp(2 |x / cap|)}. */
    static void softCapByExp(float[] x, int offset, int length, float cap, float[] exp) {
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, offset + i).div(cap);
            FloatVector square = v.mul(v);
            FloatVector p =
                    square.fma(
                            FloatVector.broadcast(FLOATS, FloatMath.T4),
                            FloatVector.broadcast(FLOATS, FloatMath.T3));
            p = p.fma(square, FloatVector.broadcast(FLOATS, FloatMath.T2));
            p = p.fma(square, FloatVector.broadcast(FLOATS, FloatMath.T1));
            p = p.fma(square, FloatVector.broadcast(FLOATS, FloatMath.T0));
            FloatVector small = p.mul(square).fma(v, v);
            FloatVector one = FloatVector.broadcast(FLOATS, 1f);
            FloatVector two = FloatVector.broadcast(FLOATS, 2f);
            FloatVector e = FloatVector.fromArray(FLOATS, exp, i);
            FloatVector large = one.sub(two.div(e.add(1f)));
            large = large.blend(large.neg(), v.compare(VectorOperators.LT, 0f));
            VectorMask<Float> isSmall = v.abs().compare(VectorOperators.LT, FloatMath.TANH_SMALL);
            large.blend(small, isSmall).mul(cap).intoArray(x, offset + i);
        }
        for (; i < length; i++) {
            x[offset + i] = FloatMath.softCap(x[offset + i], cap);
        }
    }

    static float maxOrNan(float[] x, int offset, int length) {
        FloatVector max = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        IntVector bits = IntVector.zero(INTS);
        int i = 0;
        for (; i + L <= length; i += L) {
            FloatVector v = FloatVector.fromArray(FLOATS, x, offset + i);
            // As integers, the magnitudes of NaN lie above infinity.
            bits = bits.max(v.reinterpretAsInts().and(Integer.MAX_VALUE));
            max = max.blend(v, v.compare(VectorOperators.GT, max));
        }
        boolean nan = bits.reduceLanes(VectorOperators.MAX) > INFINITY_BITS;
        float largest = nan ? Float.NaN : max.reduceLanes(VectorOperators.MAX);
        for (; i < length; i++) {
            largest = Math.max(largest, x[offset + i]);
        }
        return largest;
    }

    static float scaleAndMax(float[] x, int offset, int length, float scale, float max) {
        float largest = max;
        int i = 0;
        if (length >= L) {
            FloatVector lanes = FloatVector.broadcast(FLOATS, max);
            for (; i + L <= length; i += L) {
                FloatVector v = FloatVector.fromArray(FLOATS, x, offset + i).mul(scale);
                v.intoArray(x, offset + i);
                lanes = lanes.blend(v, v.compare(VectorOperators.GT, lanes));
            }
            largest = lanes.reduceLanes(VectorOperators.MAX);
        }
        for (; i < length; i++) {
            float scaled = x[offset + i] * scale;
            x[offset + i] = scaled;
            largest = scaled > largest ? scaled : largest;
        }
        return largest;
    }
}

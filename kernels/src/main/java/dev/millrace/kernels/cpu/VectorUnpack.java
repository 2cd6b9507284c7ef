package dev.millrace.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Expands packed weights: a vector of int lanes becomes consecutive vectors of floats, see {@link PanelLayout}.
 *
 * <p>Loops call no helper that takes or returns a vector, and carry none from one iteration to the next where memory will
 * do: where C2 decides against inlining, each such vector becomes an object.
 */
final class VectorUnpack {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final VectorOperators.Conversion<Integer, Float> TO_FLOAT = VectorOperators.I2F;
    private static final int L = FLOATS.length();
    private static final int NR = 2 * L;
    // Bits of float16, shifted to where float32 has exponent and fraction.
    private static final int F16_LOWEST_NORMAL = 0x00800000;
    private static final int F16_INFINITY = 0x0F800000;
    private static final int BIAS_DIFFERENCE = 112 << 23;
    private static final float LOWEST_NORMAL = 0x1p-14f;

    private VectorUnpack() {}

    static void bf16(int[] packed, int offset, int rows, float[] out, int outOffset) {
        for (int i = 0; i < rows; i++) {
            IntVector words = IntVector.fromArray(INTS, packed, offset + i * L);
            words.lanewise(VectorOperators.LSHL, 16)
                    .reinterpretAsFloats()
                    .intoArray(out, outOffset + i * NR);
            words.and(0xFFFF0000).reinterpretAsFloats().intoArray(out, outOffset + i * NR + L);
        }
    }

    /** Exact, without arithmetic on denormal floats, which is slow. */
    static void f16(int[] packed, int offset, int rows, float[] out, int outOffset) {
        for (int half = 0; half < 2; half++) {
            for (int i = 0; i < rows; i++) {
                IntVector words =
                        IntVector.fromArray(INTS, packed, offset + i * L)
                                .lanewise(VectorOperators.LSHR, half * 16);
                IntVector magnitude = words.and(0x7FFF).lanewise(VectorOperators.LSHL, 13);
                IntVector sign = words.and(0x8000).lanewise(VectorOperators.LSHL, 16);
                IntVector normal = magnitude.add(BIAS_DIFFERENCE);
                // A float16 denormal is its fraction behind the lowest normal number, less that
                // number.
                IntVector denormal =
                        normal.add(F16_LOWEST_NORMAL)
                                .reinterpretAsFloats()
                                .sub(LOWEST_NORMAL)
                                .reinterpretAsInts();
                VectorMask<Integer> small =
                        magnitude.compare(VectorOperators.LT, F16_LOWEST_NORMAL);
                VectorMask<Integer> special = magnitude.compare(VectorOperators.GE, F16_INFINITY);
                normal.blend(denormal, small)
                        .blend(magnitude.or(0x7F800000), special)
                        .or(sign)
                        .reinterpretAsFloats()
                        .intoArray(out, outOffset + i * NR + half * L);
            }
        }
    }

    static void q8(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        for (int i = 0; i < 16 * blocks; i++) {
            IntVector x = IntVector.fromArray(INTS, packed, offset + i * L);
            FloatVector d0 = FloatVector.fromArray(FLOATS, scales, (i >> 4) * NR);
            FloatVector d1 = FloatVector.fromArray(FLOATS, scales, (i >> 4) * NR + L);
            int to = outOffset + i * 4 * L;
            IntVector q0 = x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24);
            IntVector q1 = x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24);
            IntVector q2 = x.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24);
            IntVector q3 = x.lanewise(VectorOperators.ASHR, 24);
            d0.mul(q0.convert(TO_FLOAT, 0)).intoArray(out, to);
            d1.mul(q1.convert(TO_FLOAT, 0)).intoArray(out, to + L);
            d0.mul(q2.convert(TO_FLOAT, 0)).intoArray(out, to + 2 * L);
            d1.mul(q3.convert(TO_FLOAT, 0)).intoArray(out, to + 3 * L);
        }
    }

    /** {@code q · d - 8d}: the product is exact, so this is {@code (q - 8) · d}. */
    static void q4(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        for (int i = 0; i < 8 * blocks; i++) {
            int scale = (i >> 3) * NR;
            FloatVector d0 = FloatVector.fromArray(FLOATS, scales, scale);
            FloatVector d1 = FloatVector.fromArray(FLOATS, scales, scale + L);
            FloatVector m0 = d0.mul(-8f);
            FloatVector m1 = d1.mul(-8f);
            IntVector x = IntVector.fromArray(INTS, packed, offset + i * L);
            int to = outOffset + i * 8 * L;
            d0.fma(x.and(15).convert(TO_FLOAT, 0), m0).intoArray(out, to);
            d1.fma(x.lanewise(VectorOperators.LSHR, 4).and(15).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + L);
            d0.fma(x.lanewise(VectorOperators.LSHR, 8).and(15).convert(TO_FLOAT, 0), m0)
                    .intoArray(out, to + 2 * L);
            d1.fma(x.lanewise(VectorOperators.LSHR, 12).and(15).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + 3 * L);
            d0.fma(x.lanewise(VectorOperators.LSHR, 16).and(15).convert(TO_FLOAT, 0), m0)
                    .intoArray(out, to + 4 * L);
            d1.fma(x.lanewise(VectorOperators.LSHR, 20).and(15).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + 5 * L);
            d0.fma(x.lanewise(VectorOperators.LSHR, 24).and(15).convert(TO_FLOAT, 0), m0)
                    .intoArray(out, to + 6 * L);
            d1.fma(x.lanewise(VectorOperators.LSHR, 28).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + 7 * L);
        }
    }

    static void q4WithMin(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset) {
        for (int i = 0; i < 8 * blocks; i++) {
            int scale = (i >> 3) * 2 * NR;
            FloatVector d0 = FloatVector.fromArray(FLOATS, scales, scale);
            FloatVector d1 = FloatVector.fromArray(FLOATS, scales, scale + L);
            FloatVector m0 = FloatVector.fromArray(FLOATS, scales, scale + NR);
            FloatVector m1 = FloatVector.fromArray(FLOATS, scales, scale + NR + L);
            IntVector x = IntVector.fromArray(INTS, packed, offset + i * L);
            int to = outOffset + i * 8 * L;
            d0.fma(x.and(15).convert(TO_FLOAT, 0), m0).intoArray(out, to);
            d1.fma(x.lanewise(VectorOperators.LSHR, 4).and(15).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + L);
            d0.fma(x.lanewise(VectorOperators.LSHR, 8).and(15).convert(TO_FLOAT, 0), m0)
                    .intoArray(out, to + 2 * L);
            d1.fma(x.lanewise(VectorOperators.LSHR, 12).and(15).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + 3 * L);
            d0.fma(x.lanewise(VectorOperators.LSHR, 16).and(15).convert(TO_FLOAT, 0), m0)
                    .intoArray(out, to + 4 * L);
            d1.fma(x.lanewise(VectorOperators.LSHR, 20).and(15).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + 5 * L);
            d0.fma(x.lanewise(VectorOperators.LSHR, 24).and(15).convert(TO_FLOAT, 0), m0)
                    .intoArray(out, to + 6 * L);
            d1.fma(x.lanewise(VectorOperators.LSHR, 28).convert(TO_FLOAT, 0), m1)
                    .intoArray(out, to + 7 * L);
        }
    }
}

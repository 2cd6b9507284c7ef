package dev.millrace.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Expands the codes of quantised checkpoints, see {@link CodedPanel}; written as {@link VectorUnpack} is, for the same reasons. */
final class VectorCodes {
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final VectorOperators.Conversion<Integer, Float> TO_FLOAT = VectorOperators.I2F;
    private static final int L = FLOATS.length();
    private static final int NR = 2 * L;

    private VectorCodes() {}

    static void int4(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        for (int i = 0; i < inputs; i += 4) {
            FloatVector s0 = FloatVector.fromArray(FLOATS, scales, scalesOffset);
            FloatVector s1 = FloatVector.fromArray(FLOATS, scales, scalesOffset + L);
            FloatVector o0 = FloatVector.fromArray(FLOATS, scales, scalesOffset + NR);
            FloatVector o1 = FloatVector.fromArray(FLOATS, scales, scalesOffset + NR + L);
            IntVector x = IntVector.fromArray(INTS, packed, offset + i / 4 * L);
            int to = outOffset + i * NR;
            s0.fma(x.and(15).convert(TO_FLOAT, 0), o0).intoArray(out, to);
            s1.fma(x.lanewise(VectorOperators.LSHR, 4).and(15).convert(TO_FLOAT, 0), o1)
                    .intoArray(out, to + 1 * L);
            s0.fma(x.lanewise(VectorOperators.LSHR, 8).and(15).convert(TO_FLOAT, 0), o0)
                    .intoArray(out, to + 2 * L);
            s1.fma(x.lanewise(VectorOperators.LSHR, 12).and(15).convert(TO_FLOAT, 0), o1)
                    .intoArray(out, to + 3 * L);
            s0.fma(x.lanewise(VectorOperators.LSHR, 16).and(15).convert(TO_FLOAT, 0), o0)
                    .intoArray(out, to + 4 * L);
            s1.fma(x.lanewise(VectorOperators.LSHR, 20).and(15).convert(TO_FLOAT, 0), o1)
                    .intoArray(out, to + 5 * L);
            s0.fma(x.lanewise(VectorOperators.LSHR, 24).and(15).convert(TO_FLOAT, 0), o0)
                    .intoArray(out, to + 6 * L);
            s1.fma(x.lanewise(VectorOperators.LSHR, 28).convert(TO_FLOAT, 0), o1)
                    .intoArray(out, to + 7 * L);
        }
    }

    static void int8(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        for (int i = 0; i < inputs; i += 2) {
            FloatVector s0 = FloatVector.fromArray(FLOATS, scales, scalesOffset);
            FloatVector s1 = FloatVector.fromArray(FLOATS, scales, scalesOffset + L);
            FloatVector o0 = FloatVector.fromArray(FLOATS, scales, scalesOffset + NR);
            FloatVector o1 = FloatVector.fromArray(FLOATS, scales, scalesOffset + NR + L);
            IntVector x = IntVector.fromArray(INTS, packed, offset + i / 2 * L);
            int to = outOffset + i * NR;
            s0.fma(x.and(255).convert(TO_FLOAT, 0), o0).intoArray(out, to);
            s1.fma(x.lanewise(VectorOperators.LSHR, 8).and(255).convert(TO_FLOAT, 0), o1)
                    .intoArray(out, to + L);
            s0.fma(x.lanewise(VectorOperators.LSHR, 16).and(255).convert(TO_FLOAT, 0), o0)
                    .intoArray(out, to + 2 * L);
            s1.fma(x.lanewise(VectorOperators.LSHR, 24).convert(TO_FLOAT, 0), o1)
                    .intoArray(out, to + 3 * L);
        }
    }

    /** Exponent and fraction of E4M3, shifted to where float32 has them, are the number divided by 2^120. */
    static void e4m3(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset) {
        for (int quarter = 0; quarter < 4; quarter++) {
            FloatVector s = FloatVector.fromArray(FLOATS, scales, scalesOffset + quarter % 2 * L);
            int to = outOffset + quarter * L;
            for (int i = 0; i < inputs; i += 2) {
                IntVector x =
                        IntVector.fromArray(INTS, packed, offset + i / 2 * L)
                                .lanewise(VectorOperators.LSHL, 24 - 8 * quarter);
                IntVector magnitude =
                        x.lanewise(VectorOperators.LSHR, 4).and(CodedPanel.E4M3_MAGNITUDE);
                VectorMask<Integer> nan =
                        magnitude.compare(VectorOperators.EQ, CodedPanel.E4M3_MAGNITUDE);
                magnitude
                        .or(x.and(0x80000000))
                        .reinterpretAsFloats()
                        .mul(0x1p120f)
                        .mul(s)
                        .blend(Float.NaN, nan.cast(FLOATS))
                        .intoArray(out, to + i * NR);
            }
        }
    }
}

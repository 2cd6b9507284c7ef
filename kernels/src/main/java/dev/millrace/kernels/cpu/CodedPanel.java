package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Fp8Weight;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.Int8Weight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Weight;

/**
 * How codes with float32 scales lie in memory: quantised checkpoints, and the GGUF kinds whose own scales do not suit the loops.
 *
 * <p>Panels and lanes are those of {@link PanelLayout}: lane {@code j} of NR / 2 holds outputs {@code j} and {@code j + NR / 2} of
 * two inputs (bytes) or of four (nibbles), the first in the low bits; the last word of a panel is filled up with zeros. Scales
 * lie in panels too, for each group of inputs a row of NR scales, then a row of NR offsets; E4M3 has no offsets. Signed bytes
 * are stored with 128 added. An element is {@code code · scale + offset}, rounded once.
 */
final class CodedPanel {
    /** Exponent and fraction of E4M3 at the place of float32's; all ones is not a number. */
    static final int E4M3_MAGNITUDE = 0x07F00000;

    /** What a code is. */
    enum Code {
        INT4(4, 2),
        INT8(2, 2),
        E4M3(2, 1);

        private final int inputsPerWord;
        private final int scaleRows;

        Code(int inputsPerWord, int scaleRows) {
            this.inputsPerWord = inputsPerWord;
            this.scaleRows = scaleRows;
        }

        /** Rows of scales and offsets for each group. */
        int scaleRows() {
            return scaleRows;
        }
    }

    private CodedPanel() {}

    /** Value of the low byte of {@code bits}, exactly. */
    static float e4m3(int bits) {
        int magnitude = bits << 20 & E4M3_MAGNITUDE;
        return magnitude == E4M3_MAGNITUDE
                ? Float.NaN
                : Float.intBitsToFloat(magnitude | (bits & 0x80) << 24) * 0x1p120f;
    }

    /** Ints that hold {@code inputs} inputs of a panel. */
    static int length(Code code, int inputs, int nr) {
        return (inputs + code.inputsPerWord - 1) / code.inputsPerWord * (nr / 2);
    }

    /** Floats that hold the scales of a panel. */
    static int scalesLength(Code code, int k, int groupSize, int nr) {
        return (k + groupSize - 1) / groupSize * code.scaleRows * nr;
    }

    /** Puts the code of input {@code i} of output {@code j} into the zeroed panel at {@code to}. */
    static void put(Code code, int bits, int i, int j, int nr, int[] out, int to) {
        int word = i / code.inputsPerWord * (nr / 2) + j % (nr / 2);
        int width = 16 / code.inputsPerWord;
        out[to + word] |= bits << (i % code.inputsPerWord * 2 + j / (nr / 2)) * width;
    }

    /** The code of input {@code i} of output {@code j} of the panel at {@code at}. */
    private static int get(Code code, int[] panel, int at, int i, int j, int nr) {
        int word = i / code.inputsPerWord * (nr / 2) + j % (nr / 2);
        int width = 16 / code.inputsPerWord;
        int shift = (i % code.inputsPerWord * 2 + j / (nr / 2)) * width;
        return panel[at + word] >>> shift & (1 << width) - 1;
    }

    static Code code(Weight weight) {
        if (weight instanceof GroupWeight groups) {
            return groups.bits() == 4 ? Code.INT4 : Code.INT8;
        }
        return weight instanceof Fp8Weight ? Code.E4M3 : Code.INT8;
    }

    private static int groupSize(Weight weight) {
        if (weight instanceof GroupWeight groups) {
            return groups.groupSize();
        }
        return weight instanceof Fp8Weight fp8 && fp8.blocks() ? CodedPacker.BLOCK : weight.k();
    }

    private static int[] codes(Weight weight) {
        if (weight instanceof GroupWeight groups) {
            return Host.ints(groups.quants());
        }
        if (weight instanceof Int8Weight bytes) {
            return Host.ints(bytes.data());
        }
        if (weight instanceof Fp8Weight bytes) {
            return Host.ints(bytes.data());
        }
        throw new KernelException("the CPU backend packs no " + weight.getClass().getSimpleName());
    }

    private static float[] scales(Weight weight) {
        if (weight instanceof GroupWeight groups) {
            return Host.floats(groups.scales());
        }
        return Host.floats(
                weight instanceof Fp8Weight fp8 ? fp8.scales() : ((Int8Weight) weight).rowScales());
    }

    /** Expands inputs {@code [input, input + depth)} of a panel; {@code input} is a multiple of 4. */
    static void unpack(
            Lanes lanes, Weight weight, int panel, int input, int depth, float[] out, int to) {
        Code code = code(weight);
        int nr = lanes.panelColumns();
        int groupSize = groupSize(weight);
        int[] codes = codes(weight);
        float[] scales = scales(weight);
        int base = panel * length(code, weight.k(), nr);
        int scalesBase = panel * scalesLength(code, weight.k(), groupSize, nr);
        for (int i = input; i < input + depth; ) {
            int group = i / groupSize;
            int inputs = Math.min((group + 1) * groupSize, input + depth) - i;
            int at = base + length(code, i, nr);
            int scalesAt = scalesBase + group * code.scaleRows * nr;
            int target = to + (i - input) * nr;
            switch (code) {
                case INT4 -> lanes.unpackInt4(codes, at, inputs, scales, scalesAt, out, target);
                case INT8 -> lanes.unpackInt8(codes, at, inputs, scales, scalesAt, out, target);
                case E4M3 -> lanes.unpackE4m3(codes, at, inputs, scales, scalesAt, out, target);
            }
            i += inputs;
        }
    }

    /** Reads row {@code row} of a table. */
    static void readRow(Weight weight, int row, int nr, float[] to, int offset) {
        Code code = code(weight);
        int groupSize = groupSize(weight);
        int[] codes = codes(weight);
        float[] scales = scales(weight);
        int base = row / nr * length(code, weight.k(), nr);
        int scalesBase = row / nr * scalesLength(code, weight.k(), groupSize, nr) + row % nr;
        for (int i = 0; i < weight.k(); i++) {
            int bits = get(code, codes, base, i, row % nr, nr);
            int scale = scalesBase + i / groupSize * code.scaleRows * nr;
            to[offset + i] =
                    code == Code.E4M3
                            ? e4m3(bits) * scales[scale]
                            : Math.fma(bits, scales[scale], scales[scale + nr]);
        }
    }
}

package dev.millrace.kernels.cpu;

import dev.millrace.kernels.WeightFormat;

/**
 * How a weight lies in memory: panels of NR outputs, the last one padded with zeros; inside a panel, row {@code i} holds
 * input {@code i} of the NR outputs side by side.
 *
 * <p>F32 takes a float for each element. The others share int lanes, and a vector of lanes expands to whole rows in order:
 * lane {@code j} of NR / 2 holds outputs {@code j} and {@code j + NR / 2} of one input (16-bit numbers), of two (int8) or of
 * four (nibbles), the first in the low bits. Scales of GGUF blocks lie in a panel of their own like F16, a row for each
 * block; for Q4_1 two rows, scale and minimum.
 */
final class PanelLayout {
    private PanelLayout() {}

    /** For formats that {@link CodedPanel} is about. */
    static IllegalArgumentException coded(WeightFormat format) {
        return new IllegalArgumentException(format + " is packed as codes");
    }

    static int numPanels(int n, int nr) {
        return (n + nr - 1) / nr;
    }

    /** Array elements that hold {@code inputs} inputs of a panel, without scales. */
    static int length(WeightFormat format, int inputs, int nr) {
        return format == WeightFormat.F32 ? inputs * nr : inputs / inputsPerWord(format) * (nr / 2);
    }

    /** Array elements that hold the scales of {@code inputs} inputs of a panel. */
    static int scalesLength(WeightFormat format, int inputs, int nr) {
        return inputs / format.blockElements() * scaleRows(format) * (nr / 2);
    }

    /** Rows of scales for one block. */
    static int scaleRows(WeightFormat format) {
        return switch (format) {
            case F32, F16, BF16 -> 0;
            case Q8_0, Q4_0 -> 1;
            case Q4_1 -> 2;
            case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw coded(format);
        };
    }

    /** Inputs that share an int lane. */
    private static int inputsPerWord(WeightFormat format) {
        return switch (format) {
            case F32, F16, BF16 -> 1;
            case Q8_0 -> 2;
            case Q4_0, Q4_1 -> 4;
            case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw coded(format);
        };
    }

    /** Index in a panel of the lane that holds input {@code i} of output {@code j}. */
    static int word(WeightFormat format, int i, int j, int nr) {
        return i / inputsPerWord(format) * (nr / 2) + j % (nr / 2);
    }

    /** Lowest bit of input {@code i} of output {@code j} in its lane. */
    static int shift(WeightFormat format, int i, int j, int nr) {
        int inputs = inputsPerWord(format);
        return (i % inputs * 2 + j / (nr / 2)) * (16 / inputs);
    }

    /** Index in a panel of scales of the lane that holds row {@code row} of output {@code j}. */
    static int scaleWord(int row, int j, int nr) {
        return word(WeightFormat.F16, row, j, nr);
    }

    /** Lowest bit of output {@code j}'s scale in its lane. */
    static int scaleShift(int j, int nr) {
        return shift(WeightFormat.F16, 0, j, nr);
    }
}

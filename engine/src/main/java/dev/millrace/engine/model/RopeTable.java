package dev.millrace.engine.model;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;

/**
 * Makes the table of a rotation: a row of angles for each position. Where long sequences turn by other frequencies than
 * short ones, their rows follow: position {@code p} of a long sequence is row {@code originalPositions + p}.
 */
final class RopeTable {
    private final Kernels kernels;
    private final int pairs;
    private final float[] cos;
    private final float[] sin;

    private RopeTable(Kernels kernels, int rows, int pairs) {
        this.kernels = kernels;
        this.pairs = pairs;
        cos = new float[Math.multiplyExact(rows, pairs)];
        sin = new float[rows * pairs];
    }

    /** The table over sequences up to {@code maxModelLen} tokens, on the device. */
    static Rope of(Kernels kernels, RopeConfig config, int maxModelLen) {
        int pairs = config.rotaryDim() / 2;
        int shortRows = maxModelLen;
        int longRows = 0;
        if (config.scaling() instanceof RopeScaling.LongRope scaling
                && scaling.originalPositions() < maxModelLen) {
            shortRows = scaling.originalPositions();
            longRows = maxModelLen;
        }
        RopeTable table = new RopeTable(kernels, shortRows + longRows, pairs);
        table.fill(0, shortRows, RopeFrequencies.of(config, false));
        table.fill(shortRows, longRows, RopeFrequencies.of(config, true));
        return new Rope(
                table.tensor(table.cos),
                table.tensor(table.sin),
                config.rotaryDim(),
                config.interleaved());
    }

    /** Angles in float32, as the published numbers are computed: {@code position · inverse frequency}. */
    private void fill(int firstRow, int rows, RopeFrequencies frequencies) {
        float[] inverse = frequencies.inverse();
        int at = firstRow * pairs;
        for (int position = 0; position < rows; position++) {
            for (int i = 0; i < pairs; i++) {
                float angle = position * inverse[i];
                cos[at] = (float) StrictMath.cos(angle) * frequencies.attentionFactor();
                sin[at++] = (float) StrictMath.sin(angle) * frequencies.attentionFactor();
            }
        }
    }

    private Tensor tensor(float[] values) {
        Tensor tensor = kernels.allocate(DType.F32, values.length / pairs, pairs, "weights");
        kernels.copyIn(values, values.length, tensor);
        return tensor;
    }
}

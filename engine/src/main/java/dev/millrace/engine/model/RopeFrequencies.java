package dev.millrace.engine.model;

import java.util.List;

/**
 * Inverse frequencies of a rotary position embedding: pair {@code i} turns by {@code position · inverse(i)}.
 *
 * <p>Formulas as in the {@code modeling_rope_utils} of Hugging Face transformers, computed in float64.
 */
public final class RopeFrequencies {
    private final float[] inverse;
    private final float attentionFactor;

    private RopeFrequencies(double[] inverse, double attentionFactor) {
        this.inverse = new float[inverse.length];
        for (int i = 0; i < inverse.length; i++) {
            this.inverse[i] = (float) inverse[i];
        }
        this.attentionFactor = (float) attentionFactor;
    }

    /** The frequencies that {@code rope} asks for; of two sets that for short sequences. */
    public static RopeFrequencies of(RopeConfig rope) {
        return of(rope, false);
    }

    /** As {@link #of(RopeConfig)}; {@code longer}: for sequences beyond the length of the first training. */
    public static RopeFrequencies of(RopeConfig rope, boolean longer) {
        double[] inverse = unscaled(rope);
        RopeScaling scaling = rope.scaling();
        if (scaling instanceof RopeScaling.Linear linear) {
            divide(inverse, linear.factor());
        } else if (scaling instanceof RopeScaling.Llama3 llama3) {
            scaleLlama3(inverse, llama3);
        } else if (scaling instanceof RopeScaling.Yarn yarn) {
            scaleYarn(inverse, yarn, rope);
            return new RopeFrequencies(inverse, yarn.attentionFactor());
        } else if (scaling instanceof RopeScaling.LongRope both) {
            divide(inverse, longer ? both.longFactors() : both.shortFactors());
            return new RopeFrequencies(inverse, both.attentionFactor());
        } else if (scaling instanceof RopeScaling.Divisors divisors) {
            divide(inverse, divisors.divisors());
        }
        return new RopeFrequencies(inverse, 1);
    }

    /** A fresh array [rotaryDim / 2]. */
    public float[] inverse() {
        return inverse.clone();
    }

    /** Factor of cos and sin. */
    public float attentionFactor() {
        return attentionFactor;
    }

    private static double[] unscaled(RopeConfig rope) {
        double[] inverse = new double[rope.rotaryDim() / 2];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = Math.pow(rope.theta(), -2.0 * i / rope.rotaryDim());
        }
        return inverse;
    }

    private static void divide(double[] inverse, double factor) {
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] /= factor;
        }
    }

    private static void divide(double[] inverse, List<Float> divisors) {
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] /= divisors.get(i);
        }
    }

    private static void scaleLlama3(double[] inverse, RopeScaling.Llama3 s) {
        for (int i = 0; i < inverse.length; i++) {
            double waves = s.originalPositions() * inverse[i] / (2 * Math.PI);
            double smooth = (waves - s.lowFactor()) / (s.highFactor() - s.lowFactor());
            double kept = Math.max(0, Math.min(1, smooth));
            inverse[i] = inverse[i] * kept + inverse[i] / s.factor() * (1 - kept);
        }
    }

    private static void scaleYarn(double[] inverse, RopeScaling.Yarn s, RopeConfig rope) {
        double low = yarnDimension(s.betaFast(), s, rope);
        double high = yarnDimension(s.betaSlow(), s, rope);
        if (s.truncate()) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, rope.rotaryDim() - 1);
        double width = low == high ? 0.001 : high - low;
        for (int i = 0; i < inverse.length; i++) {
            double stretched = Math.max(0, Math.min(1, (i - low) / width));
            inverse[i] = inverse[i] / s.factor() * stretched + inverse[i] * (1 - stretched);
        }
    }

    /** The pair index whose wave turns {@code rotations} times within the original length. */
    private static double yarnDimension(double rotations, RopeScaling.Yarn s, RopeConfig rope) {
        return rope.rotaryDim()
                * Math.log(s.originalPositions() / (rotations * 2 * Math.PI))
                / (2 * Math.log(rope.theta()));
    }
}

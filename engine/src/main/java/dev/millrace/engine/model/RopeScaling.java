package dev.millrace.engine.model;

import java.util.List;

/** How rotation frequencies were stretched for longer texts than the model was first trained on. */
public sealed interface RopeScaling {

    /** Frequencies as they are. */
    record None() implements RopeScaling {}

    /** All frequencies divided by {@code factor}. */
    record Linear(double factor) implements RopeScaling {}

    /**
     * NTK-aware scaling that sets in beyond the model's length only. Up to {@link ModelConfig#maxPositionEmbeddings()},
     * which is as far as this engine goes, it equals {@link None}.
     */
    record Dynamic(double factor) implements RopeScaling {}

    /**
     * Llama 3.1: long waves are divided by {@code factor}, short ones stay, those between are blended.
     *
     * @param originalPositions length of the first training, in tokens
     */
    record Llama3(double factor, double lowFactor, double highFactor, int originalPositions)
            implements RopeScaling {}

    /**
     * YaRN, arXiv 2309.00071.
     *
     * @param originalPositions length of the first training, in tokens
     * @param attentionFactor factor of cos and sin
     * @param truncate ramp bounds are rounded outwards to whole dimensions
     */
    record Yarn(
            double factor,
            int originalPositions,
            double betaFast,
            double betaSlow,
            double attentionFactor,
            boolean truncate)
            implements RopeScaling {}

    /**
     * LongRoPE, arXiv 2402.13753: one divisor for each frequency, from one list for sequences that stay within {@code
     * originalPositions} tokens, from another for those that may grow longer.
     *
     * @param originalPositions length of the first training, in tokens
     * @param attentionFactor factor of cos and sin, of both
     */
    record LongRope(
            List<Float> shortFactors,
            List<Float> longFactors,
            int originalPositions,
            double attentionFactor)
            implements RopeScaling {
        public LongRope {
            shortFactors = List.copyOf(shortFactors);
            longFactors = List.copyOf(longFactors);
        }
    }

    /** One divisor for each frequency, as GGUF's {@code rope_freqs.weight} gives them. */
    record Divisors(List<Float> divisors) implements RopeScaling {
        public Divisors {
            divisors = List.copyOf(divisors);
        }
    }
}

package dev.millrace.engine.model;

import java.util.Objects;

/**
 * Rotary position embedding of a model.
 *
 * @param theta base of the frequencies
 * @param rotaryDim elements of a head that turn, even; {@code headDim · partial_rotary_factor}
 * @param interleaved elements turn in pairs (2i, 2i + 1) instead of (i, i + rotaryDim / 2)
 * @param scaling how the frequencies are stretched
 */
public record RopeConfig(double theta, int rotaryDim, boolean interleaved, RopeScaling scaling) {
    public RopeConfig {
        Objects.requireNonNull(scaling, "scaling");
    }
}

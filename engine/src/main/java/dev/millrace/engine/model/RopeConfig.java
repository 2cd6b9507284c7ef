package dev.millrace.engine.model;

import java.util.Objects;

/**
 * Rotary position embedding of a model.
 *
 * @param theta base of the frequencies
 * @param rotaryDim elements of a head that turn, even; {@code headDim · partial_rotary_factor}
 * @param scaling how the frequencies are stretched
 */
public record RopeConfig(double theta, int rotaryDim, RopeScaling scaling) {
    public RopeConfig {
        Objects.requireNonNull(scaling, "scaling");
    }
}

package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Expected values were computed with transformers' formulas in Python. */
final class RopeFrequenciesTest {
    private static final double RELATIVE = 1e-6;

    @Test
    void plainFrequenciesArePowersOfTheta() {
        RopeFrequencies plain = frequencies(10_000, 8, new RopeScaling.None());
        assertThat(plain.inverse()).containsExactly(1f, 0.1f, 0.01f, 0.001f);
        assertThat(plain.attentionFactor()).isEqualTo(1);
    }

    @Test
    void linearScalingDividesAll() {
        float[] scaled = frequencies(10_000, 8, new RopeScaling.Linear(4)).inverse();
        assertThat(scaled).containsExactly(0.25f, 0.025f, 0.0025f, 0.00025f);
    }

    @Test
    void dynamicScalingChangesNothingWithinTheModelsLength() {
        assertThat(frequencies(10_000, 8, new RopeScaling.Dynamic(4)).inverse())
                .isEqualTo(frequencies(10_000, 8, new RopeScaling.None()).inverse());
    }

    /** Llama 3.1: 8 times, first trained on 8192. */
    @Test
    void llama3KeepsShortWavesAndStretchesLongOnes() {
        float[] scaled = frequencies(500_000, 128, new RopeScaling.Llama3(8, 1, 4, 8192)).inverse();
        check(scaled, 0, 1);
        check(scaled, 1, 0.814617234);
        check(scaled, 28, 0.00321144599);
        check(scaled, 29, 0.00216657076);
        check(scaled, 31, 0.000856751413);
        check(scaled, 33, 0.00031269375);
        check(scaled, 34, 0.000178507813);
        check(scaled, 35, 9.55621235e-05);
        check(scaled, 36, 7.78465527e-05);
        check(scaled, 63, 3.06892599e-07);
    }

    /** Qwen2.5: 4 times, first trained on 32768. */
    @Test
    void yarnBlendsBetweenItsTwoDimensions() {
        RopeFrequencies scaled =
                frequencies(
                        1e6, 128, new RopeScaling.Yarn(4, 32_768, 32, 1, 1.138629436111989, true));
        check(scaled.inverse(), 0, 1);
        check(scaled.inverse(), 20, 0.0133352143);
        check(scaled.inverse(), 24, 0.00537532149);
        check(scaled.inverse(), 30, 0.00106436098);
        check(scaled.inverse(), 39, 6.49039432e-05);
        check(scaled.inverse(), 40, 4.44569853e-05);
        check(scaled.inverse(), 63, 3.1023444e-07);
        assertThat(scaled.attentionFactor()).isEqualTo(1.1386294f);
    }

    @Test
    void yarnOfAShortModelBlendsFromTheFirstDimension() {
        float[] scaled =
                frequencies(10_000, 16, new RopeScaling.Yarn(4, 64, 32, 1, 1, true)).inverse();
        check(scaled, 1, 0.237170825);
        check(scaled, 2, 0.05);
        check(scaled, 3, 0.00790569415);
    }

    @Test
    void divisorsOfGgufDivideOneByOne() {
        RopeScaling divisors = new RopeScaling.Divisors(List.of(1f, 2f, 4f, 8f));
        assertThat(frequencies(10_000, 8, divisors).inverse())
                .containsExactly(1f, 0.05f, 0.0025f, 0.000125f);
    }

    private static RopeFrequencies frequencies(double theta, int rotaryDim, RopeScaling scaling) {
        return RopeFrequencies.of(new RopeConfig(theta, rotaryDim, false, scaling));
    }

    private static void check(float[] actual, int index, double expected) {
        Offset<Double> tolerance = within(expected * RELATIVE);
        assertThat((double) actual[index]).as("pair " + index).isCloseTo(expected, tolerance);
    }
}

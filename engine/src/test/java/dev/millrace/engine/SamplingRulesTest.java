package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class SamplingRulesTest {
    private static final int VOCAB_SIZE = 100;

    record Bad(SamplingError code, String given, UnaryOperator<SamplingParams.Builder> change) {}

    static Stream<Bad> bad() {
        return Stream.of(
                new Bad(SamplingError.TEMPERATURE, "NaN", b -> b.temperature(Float.NaN)),
                new Bad(
                        SamplingError.TEMPERATURE,
                        "Infinity",
                        b -> b.temperature(Float.POSITIVE_INFINITY)),
                new Bad(SamplingError.TEMPERATURE, "-0.1", b -> b.temperature(-0.1f)),
                new Bad(SamplingError.TEMPERATURE, "2.5", b -> b.temperature(2.5f)),
                new Bad(SamplingError.TOP_P, "0.0", b -> b.topP(0)),
                new Bad(SamplingError.TOP_P, "1.1", b -> b.topP(1.1f)),
                new Bad(SamplingError.TOP_P, "NaN", b -> b.topP(Float.NaN)),
                new Bad(SamplingError.TOP_K, "-2", b -> b.topK(-2)),
                new Bad(SamplingError.MIN_P, "1.5", b -> b.minP(1.5f)),
                new Bad(SamplingError.MIN_P, "NaN", b -> b.minP(Float.NaN)),
                new Bad(SamplingError.REPETITION_PENALTY, "0.0", b -> b.repetitionPenalty(0)),
                new Bad(
                        SamplingError.REPETITION_PENALTY,
                        "NaN",
                        b -> b.repetitionPenalty(Float.NaN)),
                new Bad(SamplingError.PRESENCE_PENALTY, "3.0", b -> b.presencePenalty(3)),
                new Bad(SamplingError.PRESENCE_PENALTY, "-3.0", b -> b.presencePenalty(-3)),
                new Bad(SamplingError.FREQUENCY_PENALTY, "3.0", b -> b.frequencyPenalty(3)),
                new Bad(SamplingError.FREQUENCY_PENALTY, "NaN", b -> b.frequencyPenalty(Float.NaN)),
                new Bad(SamplingError.MAX_TOKENS, "0", b -> b.maxTokens(0)),
                new Bad(SamplingError.MAX_TOKENS, "-1", b -> b.maxTokens(-1)),
                new Bad(SamplingError.MIN_TOKENS, "-1", b -> b.minTokens(-1)),
                new Bad(SamplingError.MIN_TOKENS, "9", b -> b.minTokens(9).maxTokens(8)),
                new Bad(SamplingError.N, "0", b -> b.n(0)),
                new Bad(SamplingError.N, "1000000", b -> b.n(1_000_000)),
                new Bad(SamplingError.N_GREEDY, "2", b -> b.n(2).temperature(0)),
                new Bad(SamplingError.STOP, "an empty string", b -> b.stop(List.of("a", ""))),
                new Bad(
                        SamplingError.STOP,
                        "17 strings",
                        b -> b.stop(Collections.nCopies(17, "a"))),
                new Bad(
                        SamplingError.STOP,
                        "a string of 1026 bytes",
                        b -> b.stop(List.of("é".repeat(513)))),
                new Bad(
                        SamplingError.STOP_TOKEN_IDS,
                        "token id 100",
                        b -> b.stopTokenIds(Set.of(VOCAB_SIZE))),
                new Bad(
                        SamplingError.STOP_TOKEN_IDS,
                        "token id -1",
                        b -> b.stopTokenIds(Set.of(-1))),
                new Bad(SamplingError.LOGPROBS, "21", b -> b.logprobs(21)),
                new Bad(SamplingError.LOGPROBS, "-2", b -> b.logprobs(-2)),
                new Bad(
                        SamplingError.LOGIT_BIAS,
                        "token id 100",
                        b -> b.logitBias(Map.of(VOCAB_SIZE, 1f))),
                new Bad(SamplingError.LOGIT_BIAS, "101.0", b -> b.logitBias(Map.of(5, 101f))),
                new Bad(SamplingError.LOGIT_BIAS, "NaN", b -> b.logitBias(Map.of(5, Float.NaN))),
                new Bad(
                        SamplingError.ALLOWED_TOKEN_IDS,
                        "token id 100",
                        b -> b.allowedTokenIds(Set.of(VOCAB_SIZE))));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadValueIsRefusedWithItsCode(Bad bad) {
        SamplingParams params = bad.change().apply(SamplingParams.builder()).build();
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> SamplingRules.check(params, VOCAB_SIZE))
                .satisfies(
                        e -> {
                            Problem problem = e.problem();
                            assertThat(problem.code()).isEqualTo(bad.code());
                            assertThat(problem.code().status()).isEqualTo(Status.INVALID_INPUT);
                            assertThat(problem.given()).isEqualTo(bad.given());
                            assertThat(e).hasMessageContaining("[" + bad.code().id() + "]");
                        });
    }

    @Test
    void theEdgesAreAllowed() {
        SamplingParams lowest =
                SamplingParams.builder()
                        .temperature(0)
                        .topP(Float.MIN_VALUE)
                        .minP(0)
                        .presencePenalty(-2)
                        .frequencyPenalty(-2)
                        .maxTokens(1)
                        .minTokens(1)
                        .logprobs(0)
                        .build();
        SamplingParams highest =
                SamplingParams.builder()
                        .temperature(2)
                        .topP(1)
                        .topK(Integer.MAX_VALUE)
                        .minP(1)
                        .repetitionPenalty(2)
                        .presencePenalty(2)
                        .frequencyPenalty(2)
                        .maxTokens(Integer.MAX_VALUE)
                        .n(64)
                        .logprobs(20)
                        .stop(Collections.nCopies(16, "é".repeat(512)))
                        .stopTokenIds(Set.of(0, VOCAB_SIZE - 1))
                        .logitBias(Map.of(0, -100f, 1, 100f))
                        .build();
        assertThatCode(() -> SamplingRules.check(lowest, VOCAB_SIZE)).doesNotThrowAnyException();
        assertThatCode(() -> SamplingRules.check(highest, VOCAB_SIZE)).doesNotThrowAnyException();
    }

    @Test
    void codesAreUnique() {
        assertThat(SamplingError.values()).extracting(SamplingError::id).doesNotHaveDuplicates();
        assertThat(EngineError.values()).extracting(EngineError::id).doesNotHaveDuplicates();
    }
}

package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RequestIntakeTest {
    // 100 blocks of 4 tokens; the model allows 2048.
    private final SimulatedEngine engine = new SimulatedEngine(TestingEngines.config(), 100, false);

    record Bad(EngineError code, Status status, Request request) {}

    static Stream<Bad> bad() {
        Progress abc = new Progress(TokenIds.of('a', 'b', 'c'), List.of());
        Progress outside = new Progress(TokenIds.of(128), List.of());
        return Stream.of(
                invalid(EngineError.EMPTY_PROMPT, tokens()),
                invalid(EngineError.TOKEN_OUT_OF_RANGE, tokens(5, 128)),
                invalid(EngineError.TOKEN_OUT_OF_RANGE, tokens(-1)),
                tooLong(EngineError.PROMPT_TOO_LONG, text(2047, 1)),
                tooLong(EngineError.PROMPT_TOO_LONG, text(5000, 1)),
                tooLong(EngineError.EXCEEDS_KV_POOL, text(100, 301)),
                tooLong(EngineError.EXCEEDS_KV_POOL, text(400, 2)),
                tooLong(EngineError.EXCEEDS_KV_POOL, text(10, Integer.MAX_VALUE)),
                invalid(EngineError.INVALID_RESUME, text(5, 9).withResumed(List.of(abc, abc))),
                invalid(EngineError.TOKEN_OUT_OF_RANGE, text(5, 9).withResumed(List.of(outside))),
                invalid(EngineError.INVALID_RESUME, withLogprobs().withResumed(List.of(abc))),
                invalid(EngineError.INVALID_TIMEOUT, text(5, 9).withTimeout(Duration.ZERO)),
                invalid(
                        EngineError.INVALID_TIMEOUT,
                        text(5, 9).withTimeout(Duration.ofSeconds(-1))));
    }

    private static Bad invalid(EngineError code, Request request) {
        return new Bad(code, Status.INVALID_INPUT, request);
    }

    private static Bad tooLong(EngineError code, Request request) {
        return new Bad(code, Status.PROMPT_TOO_LONG, request);
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadRequestIsRefusedAndAGoodOneBesideItIsTheSame(Bad bad) {
        Generation good = engine.submit(text(8, 5));
        engine.round();
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> engine.submit(bad.request()))
                .satisfies(
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(bad.code());
                            assertThat(e.problem().code().status()).isEqualTo(bad.status());
                        });
        SimulatedEngine alone = new SimulatedEngine(TestingEngines.config(), 100, false);
        assertThat(engine.finish(good, 50).outputs()).isEqualTo(alone.run(text(8, 5)).outputs());
    }

    @Test
    void whatJustFitsThePoolIsServed() {
        assertThat(engine.run(text(99, 301)).text()).hasSize(301);
        assertThat(engine.loop.stats().cachedBlocks()).isEqualTo(100);
    }

    @Test
    void anAnswerIsCutWhereTheModelEnds() {
        SimulatedEngine large = new SimulatedEngine(TestingEngines.config(), 600, false);
        Completion completion = large.run(text(2040, 100));
        // BOS and 2040 letters leave 7 of 2048.
        assertThat(completion.text()).hasSize(7);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(completion.usage().effectiveMaxTokens()).isEqualTo(7);
        assertThat(large.run(text(2040, 5)).usage().effectiveMaxTokens()).isEqualTo(5);
    }

    @Test
    void anEndlessTimeoutIsNoTrouble() {
        Request request = text(5, 3).withTimeout(Duration.ofSeconds(Long.MAX_VALUE));
        assertThat(engine.run(request).finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    private static Request tokens(int... ids) {
        return Request.of("r", new Prompt.Tokens(TokenIds.of(ids)), SamplingParams.greedy(4));
    }

    private static Request text(int letters, int maxTokens) {
        return Request.of(
                "r", new Prompt.Text("x".repeat(letters)), SamplingParams.greedy(maxTokens));
    }

    private static Request withLogprobs() {
        SamplingParams sampling = SamplingParams.builder().logprobs(2).build();
        return Request.of("r", new Prompt.Text("x"), sampling);
    }
}

package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class StopCheckerTest {
    private static final int[] EOS = {FakeTokenizer.EOS};

    @Test
    void aStopTokenEndsTheAnswerAndIsNotText() {
        StopChecker checker = checker(SamplingParams.builder(), 10);
        assertThat(accept(checker, "ab\0")).isEqualTo(FinishReason.STOP);
        assertThat(checker.endsWithStopToken()).isTrue();
        assertThat(checker.cutsText()).isFalse();
    }

    @Test
    void theLastAllowedTokenEndsTheAnswer() {
        StopChecker checker = checker(SamplingParams.builder(), 3);
        assertThat(accept(checker, "ab")).isNull();
        assertThat(checker.accept('c', 3)).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aStopStringIsFoundAcrossTokens() {
        StopChecker checker = checker(SamplingParams.builder().stop(List.of("END")), 20);
        assertThat(accept(checker, "helloENEND")).isEqualTo(FinishReason.STOP);
        assertThat(checker.textBeforeStop()).isEqualTo("helloEN");
        assertThat(checker.endsWithStopToken()).isFalse();
    }

    @Test
    void aTokenOfSeveralLettersMayHoldTheStopStringInItsMiddle() {
        SamplingParams sampling = SamplingParams.builder().stop(List.of("\n\n")).build();
        StopChecker checker =
                new StopChecker(EOS, sampling, 20, id -> id == 'x' ? "a\n\nb" : "c", null);
        assertThat(checker.accept('c', 1)).isNull();
        assertThat(checker.accept('x', 2)).isEqualTo(FinishReason.STOP);
        assertThat(checker.textBeforeStop()).isEqualTo("ca");
    }

    @Test
    void ofSeveralStopStringsTheOneThatBeginsFirstCounts() {
        SamplingParams sampling = SamplingParams.builder().stop(List.of("b", "ab")).build();
        StopChecker checker = new StopChecker(EOS, sampling, 20, id -> "xab", null);
        assertThat(checker.accept('x', 1)).isEqualTo(FinishReason.STOP);
        assertThat(checker.textBeforeStop()).isEqualTo("x");
    }

    @Test
    void nothingStopsBeforeMinTokens() {
        StopChecker checker =
                checker(SamplingParams.builder().stop(List.of("bc")).minTokens(3), 20);
        assertThat(accept(checker, "abc")).isNull();
        assertThat(checker.accept('b', 4)).isNull();
        assertThat(checker.accept('c', 5)).isEqualTo(FinishReason.STOP);
        assertThat(checker.textBeforeStop()).isEqualTo("abc");
    }

    @Test
    void aStopStringInItsLastLetterGoesBeforeTheLength() {
        StopChecker checker = checker(SamplingParams.builder().stop(List.of("bc")), 3);
        assertThat(accept(checker, "abc")).isEqualTo(FinishReason.STOP);
    }

    private static StopChecker checker(SamplingParams.Builder sampling, int maxTokens) {
        SamplingParams params = sampling.build();
        TextStream stream = params.stop().isEmpty() ? null : FakeTokenizer::decode;
        return new StopChecker(EOS, params, maxTokens, stream, null);
    }

    /** All but the last letter must not end the answer. */
    private static FinishReason accept(StopChecker checker, String letters) {
        for (int i = 0; i < letters.length() - 1; i++) {
            assertThat(checker.accept(letters.charAt(i), i + 1)).isNull();
        }
        return checker.accept(letters.charAt(letters.length() - 1), letters.length());
    }
}

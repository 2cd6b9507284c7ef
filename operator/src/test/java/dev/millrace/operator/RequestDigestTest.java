package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.TokenIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class RequestDigestTest {
    private static final Prompt PROMPT = new Prompt.Text("hello");

    private static long digest(Prompt prompt, SamplingParams sampling) {
        return RequestDigest.of(Request.of("id", prompt, sampling));
    }

    @Test
    void everySamplingParameterCounts() {
        List<UnaryOperator<SamplingParams.Builder>> changes =
                List.of(
                        b -> b,
                        b -> b.temperature(0.5f),
                        b -> b.topP(0.5f),
                        b -> b.topK(5),
                        b -> b.minP(0.5f),
                        b -> b.repetitionPenalty(0.5f),
                        b -> b.presencePenalty(0.5f),
                        b -> b.frequencyPenalty(0.5f),
                        b -> b.seed(5),
                        b -> b.stop(List.of("a", "b")),
                        b -> b.stop(List.of("ab")),
                        b -> b.stopTokenIds(Set.of(1, 2)),
                        b -> b.minTokens(5),
                        b -> b.maxTokens(5),
                        b -> b.ignoreEos(true),
                        b -> b.n(5),
                        b -> b.logprobs(5),
                        b -> b.promptLogprobs(true),
                        b -> b.logitBias(Map.of(1, 2f)),
                        b -> b.allowedTokenIds(Set.of(1, 2)),
                        b -> b.format(new AnswerFormat.JsonSchema("{}")),
                        b -> b.format(new AnswerFormat.Regex("{}")),
                        b -> b.format(new AnswerFormat.Choice(List.of("{}"))));
        Set<Long> digests = new HashSet<>();
        for (UnaryOperator<SamplingParams.Builder> change : changes) {
            digests.add(digest(PROMPT, change.apply(SamplingParams.builder()).build()));
        }
        assertThat(digests).hasSameSizeAs(changes);
        // A parameter that is added later must be added here and to the digest.
        assertThat(SamplingParams.class.getRecordComponents()).hasSize(changes.size() - 4);
    }

    @Test
    void everyKindOfPromptCounts() {
        List<Prompt> prompts =
                List.of(
                        PROMPT,
                        new Prompt.Text("hell"),
                        new Prompt.Chat(List.of(new Message("user", "hello"))),
                        new Prompt.Chat(List.of(new Message("system", "hello"))),
                        new Prompt.Tokens(TokenIds.of(1, 2)),
                        new Prompt.Tokens(TokenIds.of(1)));
        List<Long> digests = new ArrayList<>();
        prompts.forEach(prompt -> digests.add(digest(prompt, SamplingParams.greedy(4))));
        assertThat(digests).doesNotHaveDuplicates();
    }

    @Test
    void idAndDeadlineDoNotCount() {
        Request request = Request.of("id", PROMPT, SamplingParams.greedy(4));
        Request other = Request.of("other", PROMPT, SamplingParams.greedy(4));
        assertThat(RequestDigest.of(other.withTimeout(Duration.ofSeconds(1))))
                .isEqualTo(RequestDigest.of(request));
    }

    /** States of earlier versions hold this number: it may not change. */
    @Test
    void digestIsTheSameInEveryProcess() {
        SamplingParams sampling =
                SamplingParams.builder()
                        .stopTokenIds(Set.of(5, 900, 17))
                        .logitBias(Map.of(3, 1f, 70, 2f))
                        .build();
        assertThat(digest(PROMPT, sampling)).isEqualTo(-2898688558849809324L);
    }
}

package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.grammar.Grammars;
import dev.millrace.engine.grammar.TokenBytes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** No answer leaves that does not have the form that was asked for, should the engine ever make one. */
class FormJudgeTest {
    private static final AnswerFormat YES_OR_NO = new AnswerFormat.Choice(List.of("yes", "no"));

    /** Over a vocabulary of single bytes. */
    private static final Grammars GRAMMARS =
            new Grammars(
                    () -> {
                        byte[][] bytes = new byte[256][];
                        for (int i = 0; i < bytes.length; i++) {
                            bytes[i] = new byte[] {(byte) i};
                        }
                        return new TokenBytes(bytes, bytes.length);
                    });

    /** More than may wait at a time. */
    private static final int MANY = 5000;

    private final FormJudge judge = new FormJudge("test");

    @Test
    void anInvalidAnswerFailsItsRequest() throws Exception {
        assertThat(judged(ended("yes", FinishReason.STOP)).failure).isNull();
        Problem problem = judged(ended("secret", FinishReason.STOP)).failure;
        assertThat(problem.code().id()).isEqualTo("LLM-GR-10");
        assertThat(problem.message()).doesNotContain("secret");
    }

    @Test
    void whatWasCutShortIsNoAnswer() throws Exception {
        assertThat(judged(ended("ye", FinishReason.TIMEOUT)).failure).isNull();
    }

    @Test
    void everyRequestIsJudgedHoweverManyWait() {
        List<CompletableFuture<ActiveRequest>> all =
                IntStream.range(0, MANY)
                        .mapToObj(i -> start(ended(i % 2 == 0 ? "no" : "on", FinishReason.STOP)))
                        .toList();
        long failed = all.stream().filter(each -> each.join().failure != null).count();
        assertThat(failed).isEqualTo(MANY / 2);
    }

    private ActiveRequest judged(ActiveRequest request)
            throws ExecutionException, InterruptedException {
        return start(request).get();
    }

    private CompletableFuture<ActiveRequest> start(ActiveRequest request) {
        CompletableFuture<ActiveRequest> done = new CompletableFuture<>();
        judge.judge(request, () -> done.complete(request));
        return done;
    }

    private static ActiveRequest ended(String text, FinishReason reason) {
        SamplingParams sampling = SamplingParams.builder().format(YES_OR_NO).build();
        Sequence sequence = new Sequence(sampling, 0, 0, TokenIds.of(1), Progress.none());
        sequence.scheduling.stops =
                new StopChecker(new int[0], sampling, 8, null, GRAMMARS.of(YES_OR_NO).start());
        Output output = new Output(0, text, TokenIds.empty(), reason, List.of());
        Completion completion =
                new Completion(
                        "r",
                        List.of(output),
                        List.of(),
                        new Usage(1, 0, 0, 0, 0),
                        new Timing(0, 0, 0));
        PendingAnswer<Completion> answer =
                new PendingAnswer<>(new CompletableFuture<>(), request -> completion);
        ActiveRequest request =
                new ActiveRequest("r", answer, List.of(sequence), 0, ActiveRequest.NO_DEADLINE);
        answer.make(request);
        return request;
    }
}

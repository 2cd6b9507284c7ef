package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Whoever was refused is told, whatever happens between the refusal and the wish to be told. */
class AdmissionQueueTest {
    private static final int WISHES = 2_000_000;

    private final AdmissionQueue queue = new AdmissionQueue(1, 16);
    private final ActiveRequest request = request();

    @Test
    void nobodyWaitsForEverWhileTheQueueFillsAndEmpties() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> engine =
                CompletableFuture.runAsync(
                        () -> {
                            while (!over.get()) {
                                fillAndEmpty();
                            }
                        });
        try {
            for (int i = 0; i < WISHES; i++) {
                queue.whenAdmitting().get(10, TimeUnit.SECONDS);
            }
        } finally {
            over.set(true);
        }
        engine.get();
        assertThat(queue.waitingTokens()).isZero();
    }

    private void fillAndEmpty() {
        if (queue.offer(request)) {
            queue.poll();
            queue.release(request.waitingTokens());
        }
        queue.signal();
    }

    private static ActiveRequest request() {
        Sequence sequence =
                new Sequence(SamplingParams.greedy(1), 0, 0, TokenIds.of(1), Progress.none());
        sequence.scheduling.waitingTokens = 1;
        return new ActiveRequest("r", null, List.of(sequence), 0, ActiveRequest.NO_DEADLINE);
    }
}

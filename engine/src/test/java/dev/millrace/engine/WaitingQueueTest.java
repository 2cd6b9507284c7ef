package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WaitingQueueTest {
    private static final int BLOCK_SIZE = 2;
    private static final long MAX_WAIT = 1000;

    private final WaitingQueue queue = new WaitingQueue(MAX_WAIT);

    @Test
    void servesAGroupToItsEndAndTheLongestFirst() {
        Sequence shortA = add("shortA", 0, 10, 1, 1);
        Sequence longA = add("longA", 0, 20, 1, 1);
        Sequence longestB = add("longestB", 0, 30, 2, 2);
        Sequence shortestB = add("shortestB", 0, 5, 2, 2);
        assertThat(drain(0)).containsExactly(longestB, shortestB, longA, shortA);
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void aNewcomerDoesNotInterruptTheGroupBeingServed() {
        Sequence first = add("first", 0, 20, 1, 1);
        Sequence second = add("second", 0, 10, 1, 1);
        take(first);
        Sequence longer = add("longer", 0, 99, 2, 2);
        assertThat(drain(0)).containsExactly(second, longer);
    }

    @Test
    void thoseOfOneLengthGoByArrival() {
        Sequence first = add("first", 0, 10, 1, 1);
        Sequence second = add("second", 0, 10, 1, 1);
        Sequence third = add("third", 0, 10, 1, 1);
        assertThat(drain(0)).containsExactly(first, second, third);
    }

    @Test
    void whoHasWaitedTooLongGoesFirstByArrival() {
        Sequence old = add("old", 0, 5, 1, 1);
        Sequence older = add("older", 0, 7, 3, 3);
        Sequence young = add("young", 500, 99, 2, 2);
        assertThat(queue.peek(MAX_WAIT - 1)).isSameAs(young);
        assertThat(drain(MAX_WAIT)).containsExactly(old, older, young);
    }

    @Test
    void preemptedOnesGoFirstOfAllTheLastPreemptedInFront() {
        add("old", 0, 5, 1, 1);
        Sequence youngest = sequence("youngest", 5, 1, 1);
        Sequence elder = sequence("elder", 5, 1, 1);
        queue.addPreempted(youngest);
        queue.addPreempted(elder);
        assertThat(drain(MAX_WAIT).subList(0, 2)).containsExactly(elder, youngest);
    }

    @Test
    void aDeferredGroupIsPassedOverUntilTheNextStep() {
        Sequence a = add("a", 0, 20, 1, 1);
        Sequence b = add("b", 0, 10, 2, 2);
        queue.defer(a);
        assertThat(queue.peek(0)).isSameAs(b);
        queue.defer(b);
        assertThat(queue.peek(0)).isNull();
        queue.restoreDeferred();
        assertThat(queue.peek(0)).isSameAs(a);
    }

    @Test
    void aRemovedRequestIsNowhere() {
        Sequence a = add("a", 0, 20, 1, 1);
        Sequence b = add("b", 0, 10, 1, 1);
        queue.defer(a);
        queue.removeAll(a.scheduling.request);
        queue.restoreDeferred();
        assertThat(drain(MAX_WAIT)).containsExactly(b);
    }

    @Test
    void costsOfOneHundredThousandRequestsGrowWithTheLogarithm() {
        int count = 100_000;
        List<Sequence> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(add("r", 0, 1 + i % 97, i % 1000, i % 7));
        }
        // Cancel every tenth, take the rest.
        for (int i = 0; i < count; i += 10) {
            queue.removeAll(sequences.get(i).scheduling.request);
        }
        assertThat(drain(0)).hasSize(count - count / 10);
        // Five sorted sets hold a sequence at most, each touched a few times, with log2(n) = 17
        // comparisons.
        assertThat(queue.comparisons()).isLessThan(count * 17L * 12);
    }

    private List<Sequence> drain(long now) {
        List<Sequence> order = new ArrayList<>();
        Sequence next = queue.peek(now);
        while (next != null) {
            take(next);
            order.add(next);
            next = queue.peek(now);
        }
        return order;
    }

    private void take(Sequence sequence) {
        queue.removeFirst(sequence);
        sequence.scheduling.running = true;
    }

    private Sequence add(String id, long now, int maxTokens, int... prompt) {
        Sequence sequence = sequence(id, maxTokens, prompt);
        queue.add(sequence, BLOCK_SIZE, now);
        return sequence;
    }

    private static Sequence sequence(String id, int maxTokens, int... tokens) {
        TokenIds prompt = TokenIds.of(tokens);
        SamplingParams sampling = SamplingParams.greedy(maxTokens);
        Sequence sequence = new Sequence(sampling, 0, 0, prompt, Progress.none());
        sequence.scheduling.maxTokens = tokens.length + maxTokens;
        ActiveRequest request =
                new ActiveRequest(id, null, List.of(sequence), 0, ActiveRequest.NO_DEADLINE);
        request.removeFollower();
        return sequence;
    }
}

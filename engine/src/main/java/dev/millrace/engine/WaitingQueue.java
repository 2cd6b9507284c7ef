package dev.millrace.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Sequences without blocks, in the order that suits a batch job: prompts that begin alike run together so that they share
 * blocks, and long ones start early so that they do not run alone at the end.
 *
 * <p>First come preempted sequences; then followers whose leader has computed their prompt; then those that have waited
 * longer than {@code maxWait}, by arrival; then groups. A group is the sequences with the same first block. The group
 * that was served last goes on being served; the next one is that with the longest expected sequence. Within a group
 * the longest comes first.
 *
 * <p>Every operation costs O(log n) comparisons.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class WaitingQueue {
    private final long maxWaitNanos;
    private final ArrayDeque<Sequence> preempted = new ArrayDeque<>();
    private final ArrayDeque<ActiveRequest> followed = new ArrayDeque<>();
    private final TreeSet<Sequence> byArrival = new TreeSet<>(this::compareArrival);
    private final Map<Long, PrefixGroup> groups = new HashMap<>();
    private final TreeSet<PrefixGroup> groupOrder =
            new TreeSet<>(Comparator.comparing(PrefixGroup::first, this::compareLength));
    private final List<PrefixGroup> deferred = new ArrayList<>();
    private PrefixGroup served;
    private long arrivals;
    private long comparisons;

    WaitingQueue(long maxWaitNanos) {
        this.maxWaitNanos = maxWaitNanos;
    }

    /** Sequences with one first block. */
    private final class PrefixGroup {
        final long key;
        final TreeSet<Sequence> members = new TreeSet<>(WaitingQueue.this::compareLength);
        boolean deferred;

        PrefixGroup(long key) {
            this.key = key;
        }

        Sequence first() {
            return members.first();
        }
    }

    boolean isEmpty() {
        return preempted.isEmpty() && followed.isEmpty() && byArrival.isEmpty();
    }

    /** Adds the leading sequence of a request. */
    void add(Sequence sequence, int blockSize, long now) {
        SchedulingState state = sequence.scheduling;
        state.arrival = arrivals++;
        state.queuedNanos = now;
        int firstBlock = Math.min(blockSize, sequence.numPromptTokens);
        state.groupKey = PrefixCache.hash(PrefixCache.ROOT, sequence, 0, firstBlock);
        state.queued = true;
        byArrival.add(sequence);
        PrefixGroup group = groups.computeIfAbsent(state.groupKey, PrefixGroup::new);
        if (!group.members.isEmpty() && !group.deferred) {
            groupOrder.remove(group);
        }
        group.members.add(sequence);
        if (!group.deferred) {
            groupOrder.add(group);
        }
    }

    /** Puts a preempted sequence in front of all others. */
    void addPreempted(Sequence sequence) {
        preempted.addFirst(sequence);
    }

    /** Takes back what {@link #addPreempted} did, as the sequence has ended meanwhile. */
    void removePreempted(Sequence sequence) {
        preempted.remove(sequence);
    }

    /** The followers of a request may run now. */
    void addFollowers(ActiveRequest request) {
        request.followersReady = true;
        followed.addLast(request);
    }

    /** The next sequence; null if none is left or all that are left were deferred. */
    Sequence peek(long now) {
        if (!preempted.isEmpty()) {
            return preempted.peekFirst();
        }
        if (!followed.isEmpty()) {
            return followed.peekFirst().peekFollower();
        }
        if (byArrival.isEmpty()) {
            return null;
        }
        Sequence oldest = byArrival.first();
        return isOverdue(oldest, now) ? oldest : peekGroup();
    }

    private Sequence peekGroup() {
        if (served != null && !served.deferred) {
            return served.first();
        }
        return groupOrder.isEmpty() ? null : groupOrder.first().first();
    }

    private boolean isOverdue(Sequence sequence, long now) {
        return now - sequence.scheduling.queuedNanos >= maxWaitNanos;
    }

    /** Whether the sequence may wait a step so that it finds its prefix computed. */
    boolean isDeferrable(Sequence sequence, long now) {
        return sequence.scheduling.queued && !isOverdue(sequence, now);
    }

    /** Passes over the sequence and its group until {@link #restoreDeferred}. */
    void defer(Sequence sequence) {
        PrefixGroup group = groups.get(sequence.scheduling.groupKey);
        groupOrder.remove(group);
        group.deferred = true;
        deferred.add(group);
    }

    /** Ends what {@link #defer} did: called at the start of a step. */
    void restoreDeferred() {
        for (int i = 0; i < deferred.size(); i++) {
            PrefixGroup group = deferred.get(i);
            group.deferred = false;
            if (!group.members.isEmpty()) {
                groupOrder.add(group);
            }
        }
        deferred.clear();
    }

    /** Removes the sequence that {@link #peek} returned, as it runs now; its group is the one being served. */
    void removeFirst(Sequence sequence) {
        if (!preempted.isEmpty() && preempted.peekFirst() == sequence) {
            preempted.removeFirst();
        } else if (sequence.scheduling.queued) {
            PrefixGroup group = groups.get(sequence.scheduling.groupKey);
            removeQueued(sequence);
            served = group.members.isEmpty() ? null : group;
        } else {
            removeFollower(sequence.scheduling.request);
        }
    }

    /** Without a donor the follower leads, and the others wait for it in turn. */
    private void removeFollower(ActiveRequest request) {
        request.removeFollower();
        if (request.peekFollower() == null || request.donor() == null) {
            followed.removeFirst();
            request.followersReady = false;
        }
    }

    /** Removes whatever of a request waits. */
    void removeAll(ActiveRequest request) {
        if (request.followersReady) {
            followed.remove(request);
            request.followersReady = false;
        }
        for (int i = 0; i < request.sequences.size(); i++) {
            Sequence sequence = request.sequences.get(i);
            if (sequence.scheduling.queued) {
                removeQueued(sequence);
            } else if (!preempted.isEmpty() && !sequence.scheduling.running) {
                preempted.remove(sequence);
            }
        }
    }

    private void removeQueued(Sequence sequence) {
        sequence.scheduling.queued = false;
        byArrival.remove(sequence);
        PrefixGroup group = groups.get(sequence.scheduling.groupKey);
        if (!group.deferred) {
            groupOrder.remove(group);
        }
        group.members.remove(sequence);
        if (group.members.isEmpty()) {
            groups.remove(group.key);
            served = served == group ? null : served;
        } else if (!group.deferred) {
            groupOrder.add(group);
        }
    }

    private int compareArrival(Sequence a, Sequence b) {
        comparisons++;
        return Long.compare(a.scheduling.arrival, b.scheduling.arrival);
    }

    private int compareLength(Sequence a, Sequence b) {
        comparisons++;
        int longerFirst = Integer.compare(b.scheduling.maxTokens, a.scheduling.maxTokens);
        return longerFirst != 0
                ? longerFirst
                : Long.compare(a.scheduling.arrival, b.scheduling.arrival);
    }

    /** Comparisons made so far. */
    long comparisons() {
        return comparisons;
    }
}

package dev.millrace.engine;

/**
 * Decides which tokens of which sequences a step computes.
 *
 * <p>There is no prefill phase and no decode phase (after vLLM V1): each sequence has tokens it owns and tokens already
 * computed, and a step hands out its budget of tokens so that the second catches up with the first. Running sequences
 * come first, in the order in which they were admitted; then waiting ones while budget, {@code maxNumSeqs} and free
 * blocks last.
 *
 * <p>Blocks are given on demand. A waiting sequence is admitted when the free blocks suffice for what it and all running
 * ones are expected to need ({@link KvForecast}). Should they run out all the same, the sequence admitted last loses its
 * blocks and is computed again later; the first one is never preempted, so there is always progress.
 *
 * <p>The next step is scheduled while the last one runs, so its drawn tokens count but have no value yet. Whether one of them ends
 * its answer is seen later; until then the sequence goes on, and what it computes too much is dropped. A length is known
 * beforehand and never exceeded.
 *
 * <p>Thread-safety: none; owned by the engine thread.
 */
final class Scheduler {
    /** Rows that a step computes about as fast as one, as it reads all weights for either: those of a tile of products. */
    private static final int FEW_ROWS = 32;

    private final int maxNumBatchedTokens;
    private int maxNumSeqs;
    private final int blockSize;
    private final KvCacheManager kv;
    private final WaitingQueue waiting;
    private final PendingPrefixes pending;
    private final KvForecast forecast;
    private final Sequence[] running;
    private int numRunning;
    private int numWaiting;
    private long numPreemptions;
    private long numPromptTokens;
    private long numCachedPromptTokens;
    private long admittedTokens;

    /** {@code window}: how many tokens a token sees in any layer, 0 for all. */
    Scheduler(EngineConfig config, int numBlocks, int window, KvForecast forecast) {
        this.forecast = forecast;
        maxNumBatchedTokens = config.maxNumBatchedTokens();
        maxNumSeqs = config.maxNumSeqs();
        blockSize = config.blockSize();
        kv = new KvCacheManager(config, numBlocks, window);
        waiting = new WaitingQueue(Nanos.of(config.maxWait()));
        pending = new PendingPrefixes(maxNumSeqs);
        running = new Sequence[maxNumSeqs];
    }

    /** Takes a request in: its first unfinished sequence waits, the others follow it. */
    void add(ActiveRequest request, long now) {
        for (Sequence sequence : request.sequences) {
            numWaiting += sequence.scheduling.isFinished() ? 0 : 1;
        }
        Sequence leader = request.peekFollower();
        request.removeFollower();
        waiting.add(leader, blockSize, now);
    }

    /** Fills {@code batch} with the next step. */
    void schedule(ScheduledBatch batch, long now) {
        batch.clear();
        pending.clear();
        waiting.restoreDeferred();
        long preemptionsBefore = numPreemptions;
        scheduleRunning(batch);
        if (numPreemptions == preemptionsBefore) {
            admitWaiting(batch, now);
        }
    }

    private void scheduleRunning(ScheduledBatch batch) {
        for (int i = 0; i < numRunning && batch.numTokens() < maxNumBatchedTokens; i++) {
            Sequence sequence = running[i];
            int count = tokensToSchedule(sequence, batch);
            if (count > 0) {
                if (!makeRoom(sequence, count)) {
                    return;
                }
                scheduleTokens(sequence, count, batch);
            }
        }
    }

    /** 0 for a sequence whose last token is on its way. */
    private int tokensToSchedule(Sequence sequence, ScheduledBatch batch) {
        int budget = maxNumBatchedTokens - batch.numTokens();
        // The last token is drawn but never computed.
        int end = Math.min(sequence.numTokensWithUnread(), sequence.scheduling.maxTokens - 1);
        if (holdsPrompt(sequence)) {
            end = sequence.numPromptTokens;
        }
        return Math.min(budget, end - sequence.numComputedTokens);
    }

    /** A sequence without an answer would end, and give its blocks back, before the others could take over the prompt. */
    private static boolean holdsPrompt(Sequence sequence) {
        return !sequence.draws()
                && sequence.numComputedTokens < sequence.numPromptTokens
                && sequence.scheduling.request.peekFollower() != null;
    }

    /** Preempts the sequences admitted last until there are blocks; false if {@code sequence} itself was one of them. */
    private boolean makeRoom(Sequence sequence, int count) {
        while (kv.pool().numFree() < kv.blocksNeeded(sequence, count)) {
            Sequence last = running[numRunning - 1];
            if (numRunning == 1) {
                throw new IllegalStateException("one sequence needs more KV blocks than there are");
            }
            preempt(last);
            if (last == sequence) {
                return false;
            }
        }
        return true;
    }

    private void preempt(Sequence sequence) {
        kv.release(sequence);
        removeRunning(sequence);
        waiting.addPreempted(sequence);
        numWaiting++;
        numPreemptions++;
        forecast.observePreemption();
    }

    private void scheduleTokens(Sequence sequence, int count, ScheduledBatch batch) {
        kv.addPending(sequence, pending);
        kv.allocate(sequence, count, batch);
        batch.add(sequence, count);
    }

    private void admitWaiting(ScheduledBatch batch, long now) {
        if (numRunning >= maxNumSeqs) {
            return;
        }
        int reserved = expectedGrowth();
        while (numRunning < maxNumSeqs && batch.numTokens() < maxNumBatchedTokens) {
            Sequence sequence = waiting.peek(now);
            if (sequence == null) {
                return;
            }
            Sequence donor = donor(sequence);
            int matched = donor == null ? kv.matchPrefix(sequence) : 0;
            if (donor == null
                    && waiting.isDeferrable(sequence, now)
                    && kv.isPending(sequence, matched, pending)) {
                waiting.defer(sequence);
                continue;
            }
            if (numRunning > 0 && !fits(sequence, donor, matched, reserved)) {
                return;
            }
            admit(sequence, donor, matched, now);
            if (fitsWhole(sequence, batch)) {
                scheduleWhole(sequence, batch);
            } else {
                scheduleTokens(sequence, tokensToSchedule(sequence, batch), batch);
            }
            reserved += expectedGrowth(sequence);
        }
    }

    /** Null if there is none, or if it has given back what the sequence would need. */
    private Sequence donor(Sequence sequence) {
        Sequence donor = sequence.scheduling.request.donor();
        return donor != null && kv.canShare(donor, sequence) ? donor : null;
    }

    /** Blocks that the running sequences are expected to need beside those they have. */
    private int expectedGrowth() {
        int blocks = 0;
        for (int i = 0; i < numRunning; i++) {
            blocks += expectedGrowth(running[i]);
        }
        return blocks;
    }

    private int expectedGrowth(Sequence sequence) {
        return Math.max(
                0,
                kv.mostBlocks(sequence, forecast.expectedTokens(sequence))
                        - sequence.blockTable.numHeld());
    }

    private boolean fits(Sequence sequence, Sequence donor, int matched, int reserved) {
        int needed = kv.mostBlocks(sequence, forecast.expectedTokens(sequence));
        // Only whole blocks stay shared with a donor.
        int shared = donor == null ? matched : KvCacheManager.sharedTokens(sequence) / blockSize;
        // What is left behind a window makes room, unless others still use it.
        shared = kv.hasWindow() ? 0 : shared;
        int available = kv.pool().numFree() - kv.countFree(matched);
        return needed - shared + reserved <= available;
    }

    private void admit(Sequence sequence, Sequence donor, int matched, long now) {
        waiting.removeFirst(sequence);
        if (donor == null) {
            kv.takePrefix(sequence, matched);
        } else {
            kv.share(donor, sequence, KvCacheManager.sharedTokens(sequence));
        }
        addRunning(sequence);
        ActiveRequest request = sequence.scheduling.request;
        if (request.firstScheduledNanos < 0) {
            request.firstScheduledNanos = now;
            request.cachedPromptTokens =
                    Math.min(sequence.numComputedTokens, sequence.numPromptTokens);
            numPromptTokens += sequence.numPromptTokens;
            numCachedPromptTokens += request.cachedPromptTokens;
        }
    }

    private void addRunning(Sequence sequence) {
        numWaiting--;
        sequence.scheduling.running = true;
        running[numRunning++] = sequence;
        admittedTokens += sequence.scheduling.waitingTokens;
        sequence.scheduling.waitingTokens = 0;
    }

    /**
     * Whether the step can take all of a request that draws nothing, its first sequence just admitted. Otherwise the others follow a
     * step later and compute nothing of the prompt, which costs fewer rows; where there are few, it is the step that costs.
     */
    private boolean fitsWhole(Sequence leader, ScheduledBatch batch) {
        ActiveRequest request = leader.scheduling.request;
        if (leader.draws() || request.followersReady || request.peekFollower() == null) {
            return false;
        }
        int rows = leader.numTokens() - leader.numComputedTokens;
        int blocks = kv.blocksNeeded(leader, rows);
        int followers = 0;
        for (int i = 0; i < request.sequences.size(); i++) {
            Sequence sequence = request.sequences.get(i);
            if (sequence != leader && !sequence.scheduling.isFinished()) {
                int own = sequence.numTokens() - kv.wholeSharedTokens(sequence);
                rows += own;
                blocks += kv.pool().blocksFor(own);
                followers++;
            }
        }
        return batch.numTokens() + rows <= Math.min(FEW_ROWS, maxNumBatchedTokens)
                && blocks <= kv.pool().numFree()
                && numRunning + followers <= maxNumSeqs
                && !kv.hasWindow();
    }

    /** All sequences of a request in this step: the others share the whole blocks of the prompt that the first one computes in it. */
    private void scheduleWhole(Sequence leader, ScheduledBatch batch) {
        ActiveRequest request = leader.scheduling.request;
        scheduleTokens(leader, leader.numTokens() - leader.numComputedTokens, batch);
        Sequence follower = request.peekFollower();
        while (follower != null) {
            request.removeFollower();
            kv.share(leader, follower, kv.wholeSharedTokens(follower));
            addRunning(follower);
            int count = follower.numTokens() - follower.numComputedTokens;
            kv.allocate(follower, count, batch);
            batch.add(follower, count);
            follower = request.peekFollower();
        }
    }

    /** The batch is on its way: what it computes and draws exists for the next step. */
    void advance(ScheduledBatch batch) {
        kv.releaseCopied(batch);
        for (int i = 0; i < batch.size(); i++) {
            Sequence sequence = batch.sequence(i);
            sequence.numComputedTokens += batch.numScheduledTokens(i);
            sequence.numReadRows = Math.max(sequence.numReadRows, sequence.numComputedTokens);
            sequence.numUnreadTokens += batch.catchesUp(i) ? 1 : 0;
            kv.identifyBlocks(sequence);
            kv.releaseUnseen(sequence);
            admitFollowers(sequence);
        }
    }

    /** A token of the sequence has been read and is not its last. */
    void tokenRead(Sequence sequence) {
        kv.identifyBlocks(sequence);
        kv.releaseUnseen(sequence);
    }

    private void admitFollowers(Sequence sequence) {
        if (sequence.numComputedTokens >= sequence.numPromptTokens) {
            ActiveRequest request = sequence.scheduling.request;
            if (!request.followersReady && request.peekFollower() != null) {
                waiting.addFollowers(request);
            }
        }
    }

    /**
     * The device has too little memory for the batch: its sequences are computed again later, and half as many at a time from now
     * on. False if it was one sequence.
     */
    boolean shrink(ScheduledBatch batch) {
        if (batch.size() == 1) {
            return false;
        }
        kv.releaseCopied(batch);
        for (int i = batch.size() - 1; i >= 0; i--) {
            preempt(batch.sequence(i));
        }
        maxNumSeqs = Math.max(1, batch.size() / 2);
        return true;
    }

    /** Most sequences in one step: the option's value, or less where the device had too little memory for it. */
    int maxNumSeqs() {
        return maxNumSeqs;
    }

    /** An answer has ended by itself: its sequence, which may have been preempted since, gives its blocks back. */
    void finish(Sequence sequence) {
        forecast.observeFinished(sequence);
        sequence.numUnreadTokens = 0;
        if (sequence.scheduling.running) {
            kv.release(sequence);
            removeRunning(sequence);
        } else {
            waiting.removePreempted(sequence);
            numWaiting--;
        }
    }

    /** Takes out what is left of a request, running or waiting. */
    void remove(ActiveRequest request) {
        waiting.removeAll(request);
        for (int i = 0; i < request.sequences.size(); i++) {
            Sequence sequence = request.sequences.get(i);
            sequence.numUnreadTokens = 0;
            if (sequence.scheduling.running) {
                kv.release(sequence);
                removeRunning(sequence);
            } else if (!sequence.scheduling.isFinished()) {
                numWaiting--;
            }
            admittedTokens += sequence.scheduling.waitingTokens;
            sequence.scheduling.waitingTokens = 0;
        }
    }

    private void removeRunning(Sequence sequence) {
        sequence.scheduling.running = false;
        int index = numRunning - 1;
        while (running[index] != sequence) {
            index--;
        }
        System.arraycopy(running, index + 1, running, index, numRunning - index - 1);
        running[--numRunning] = null;
    }

    /** Tokens that have left the waiting queue since the last call. */
    long takeAdmittedTokens() {
        long tokens = admittedTokens;
        admittedTokens = 0;
        return tokens;
    }

    boolean hasWork() {
        return numRunning + numWaiting > 0;
    }

    int numRunning() {
        return numRunning;
    }

    Sequence running(int index) {
        return running[index];
    }

    int numWaiting() {
        return numWaiting;
    }

    long numPreemptions() {
        return numPreemptions;
    }

    long numPromptTokens() {
        return numPromptTokens;
    }

    long numCachedPromptTokens() {
        return numCachedPromptTokens;
    }

    WaitingQueue waiting() {
        return waiting;
    }

    BlockPool pool() {
        return kv.pool();
    }
}

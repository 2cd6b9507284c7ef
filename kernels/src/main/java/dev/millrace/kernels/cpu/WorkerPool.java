package dev.millrace.kernels.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of the CPU backend. They spin for work for about a millisecond, then park: waking a parked thread costs as
 * much as a small operation, and a model runs hundreds of operations for each token.
 *
 * <p>A run is published as one word, {epoch, parts, next part}. Whoever raises the next part owns that part, and the
 * caller takes parts like the rest, so a worker that the system has put aside delays nobody.
 *
 * <p>Thread-safety: one caller at a time.
 */
public final class WorkerPool implements AutoCloseable {
    private static final int PART_BITS = 20;
    private static final int PART_MASK = (1 << PART_BITS) - 1;

    /** Most parts of one run. */
    public static final int MAX_PARTS = PART_MASK;

    private static final long SPIN_NANOS = 1_000_000;
    private static final long CROWDED_SPIN_NANOS = 50_000;
    private static final int CALLER_SPINS = 2_000;

    /** Work that is cut into parts. */
    @FunctionalInterface
    public interface Work {
        /** Does part {@code part}; {@code worker} names the scratch memory to use, 0 for the caller's. */
        void run(int part, int worker);
    }

    private final int numThreads;
    private final Thread[] workers;
    private final long spinNanos;
    private final AtomicLong claim = new AtomicLong();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicIntegerArray parked;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean closed;
    // Written before the claim word is published, read after a part is claimed.
    private Work work;
    private long epoch;

    /** A pool of {@code threads} threads, the caller included. */
    public WorkerPool(int threads) {
        numThreads = threads;
        spinNanos =
                threads > Runtime.getRuntime().availableProcessors()
                        ? CROWDED_SPIN_NANOS
                        : SPIN_NANOS;
        parked = new AtomicIntegerArray(threads);
        workers = new Thread[threads - 1];
        for (int i = 1; i < threads; i++) {
            int worker = i;
            Thread thread = new Thread(() -> loop(worker), "millrace-cpu-" + i);
            thread.setDaemon(true);
            workers[i - 1] = thread;
            thread.start();
        }
    }

    /** Threads, the caller included. */
    public int numThreads() {
        return numThreads;
    }

    /** Runs so far that were handed to the other threads; what one part holds, the caller does alone. */
    public long sharedRuns() {
        return epoch;
    }

    /** Runs all parts and returns when they are done; throws what a part threw. */
    public void run(int parts, Work newWork) {
        if (parts <= 1 || numThreads == 1) {
            for (int part = 0; part < parts; part++) {
                newWork.run(part, 0);
            }
            return;
        }
        if (parts > MAX_PARTS) {
            throw new IllegalArgumentException(parts + " parts; at most " + MAX_PARTS);
        }
        work = newWork;
        done.set(0);
        epoch++;
        claim.set(epoch << (2 * PART_BITS) | (long) parts << PART_BITS);
        wake(parts - 1);
        while (runOnePart(0)) {}
        awaitParts(parts);
        work = null; // what it holds may be large: the words of a checkpoint's matrix
        rethrow();
    }

    private void wake(int wanted) {
        int left = wanted;
        for (int i = 1; i < numThreads && left > 0; i++) {
            left--;
            if (parked.get(i) == 1 && parked.compareAndSet(i, 1, 0)) {
                LockSupport.unpark(workers[i - 1]);
            }
        }
    }

    private boolean runOnePart(int worker) {
        long state = claim.get();
        int next = (int) state & PART_MASK;
        int parts = (int) (state >>> PART_BITS) & PART_MASK;
        if (next >= parts) {
            return false;
        }
        if (claim.compareAndSet(state, state + 1)) {
            runPart(next, worker);
        }
        return true;
    }

    private void runPart(int part, int worker) {
        try {
            if (failure.get() == null) {
                work.run(part, worker);
            }
        } catch (Throwable t) {
            failure.compareAndSet(null, t);
        } finally {
            done.incrementAndGet();
        }
    }

    private void awaitParts(int parts) {
        int spins = 0;
        while (done.get() < parts) {
            if (++spins < CALLER_SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private void rethrow() {
        Throwable thrown = failure.get();
        if (thrown == null) {
            return;
        }
        failure.set(null);
        if (thrown instanceof Error error) {
            throw error;
        }
        // Work.run declares no checked exception.
        throw (RuntimeException) thrown;
    }

    private void loop(int worker) {
        long idleSince = System.nanoTime();
        int spins = 0;
        while (!closed) {
            if (runOnePart(worker)) {
                idleSince = System.nanoTime();
            } else if ((++spins & 63) == 0 && System.nanoTime() - idleSince > spinNanos) {
                park(worker);
                idleSince = System.nanoTime();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private void park(int worker) {
        parked.set(worker, 1);
        while (parked.get(worker) == 1 && !closed && !workIsWaiting()) {
            LockSupport.park(this);
        }
        parked.set(worker, 0);
    }

    private boolean workIsWaiting() {
        long state = claim.get();
        return ((int) state & PART_MASK) < ((int) (state >>> PART_BITS) & PART_MASK);
    }

    /** Ends the threads. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

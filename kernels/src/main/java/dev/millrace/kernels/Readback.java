package dev.millrace.kernels;

/**
 * Results of a step on their way to the host. The copies wait behind the operations enqueued before them, the host waits only in
 * {@link #await}: meanwhile it may enqueue the next step.
 *
 * <p>Made once and used again: {@code copy} up to {@link #MAX_COPIES} times, then {@code await}, which fills the targets. Its
 * memory goes with the backend's.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
public interface Readback {
    /** Copies that one {@link #await} waits for at most. */
    int MAX_COPIES = 4;

    /** Enqueues the copy of the first {@code count} elements of an INT32 tensor without gaps between its rows. */
    void copy(Tensor source, int count, int[] target);

    /** As {@link #copy(Tensor, int, int[])} of an F32 tensor. */
    void copy(Tensor source, int count, float[] target);

    /** Waits until the copies have arrived, and fills their targets; then it has none. */
    void await();

    /** Forgets the copies that were not awaited. */
    void clear();
}

package dev.millrace.kernels.cuda.model;

/**
 * The least time of one launch, by what it needs most of.
 *
 * @param name what it is for
 * @param shape in words
 * @param launches in a step
 * @param memory seconds to move its bytes through DRAM
 * @param tensor seconds of the tensor cores of the busiest multiprocessor
 * @param issue seconds of shared memory, or of the instruction slots, of the busiest multiprocessor
 */
public record Bound(
        String name, String shape, int launches, double memory, double tensor, double issue) {
    /** Of one launch. */
    public double seconds() {
        return Math.max(memory, Math.max(tensor, issue));
    }

    /** Of all launches of a step. */
    public double stepSeconds() {
        return launches * seconds();
    }

    /** What it needs most of. */
    public String limit() {
        return seconds() == memory ? "memory" : seconds() == tensor ? "tensor" : "issue";
    }
}

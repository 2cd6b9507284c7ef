package dev.millrace.kernels;

import java.util.Optional;

/** An operation could not run: wrong shapes, memory that is not there, or a device that failed. */
public final class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient DeviceProblem problem;

    public KernelException(String message) {
        this(message, null);
    }

    public KernelException(String message, Throwable cause) {
        super(message, cause);
        problem = null;
    }

    public KernelException(DeviceProblem problem, Throwable cause) {
        super(problem.message(), cause);
        this.problem = problem;
    }

    /** What is wrong with the device; empty for wrong arguments. */
    public Optional<DeviceProblem> problem() {
        return Optional.ofNullable(problem);
    }
}

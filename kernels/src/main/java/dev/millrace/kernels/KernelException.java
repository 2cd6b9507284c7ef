package dev.millrace.kernels;

/** An operation could not run: wrong shapes, memory that is not there, or a device that failed. */
public final class KernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public KernelException(String message) {
        super(message);
    }

    public KernelException(String message, Throwable cause) {
        super(message, cause);
    }
}

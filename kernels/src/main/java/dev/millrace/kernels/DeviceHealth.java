package dev.millrace.kernels;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether this process has lost a device. Such an error cannot be cleared inside of the process: every user of the device in it
 * gets the first cause, and the process should end.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class DeviceHealth {
    /** Of the process, as the driver's context is. */
    private static final AtomicReference<KernelException> FAILURE = new AtomicReference<>();

    private DeviceHealth() {}

    /** The device is lost; the first cause stays. */
    public static void poison(KernelException cause) {
        FAILURE.compareAndSet(null, cause);
    }

    /** Why the device is lost; empty while it is not. */
    public static Optional<KernelException> failure() {
        return Optional.ofNullable(FAILURE.get());
    }

    /** Throws if the device is lost. */
    static void check() {
        KernelException failure = FAILURE.get();
        if (failure != null) {
            throw new KernelException(failure.problem().orElseThrow(), failure);
        }
    }
}

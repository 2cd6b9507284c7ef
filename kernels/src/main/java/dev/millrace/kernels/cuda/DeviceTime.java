package dev.millrace.kernels.cuda;

/**
 * The device's time for a piece of work that may still be on its way.
 *
 * <p>Thread-safety: none.
 */
public final class DeviceTime {
    private final DeviceEvent start;
    private final DeviceEvent end;

    DeviceTime(DeviceEvent start, DeviceEvent end) {
        this.start = start;
        this.end = end;
    }

    /** Waits for the work; to be asked once. */
    public double milliseconds() {
        try (start;
                end) {
            end.await();
            return end.since(start);
        }
    }
}

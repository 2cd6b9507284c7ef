package dev.millrace.kernels.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes the time of every kernel that is launched.
 *
 * <p>Thread-safety: none.
 */
final class LaunchTrace implements AutoCloseable {
    private final CudaStream stream;
    private final DeviceEvent origin;
    private final List<Launch> launches = new ArrayList<>();

    private record Launch(EntryPoint entry, DeviceEvent start, DeviceEvent end) {}

    LaunchTrace(CudaStream stream) {
        this.stream = stream;
        origin = DeviceEvent.record(stream);
    }

    /** Runs {@code launch}, which launches {@code entry}. */
    void around(EntryPoint entry, Runnable launch) {
        DeviceEvent start = DeviceEvent.record(stream);
        launch.run();
        launches.add(new Launch(entry, start, DeviceEvent.record(stream)));
    }

    /** What was launched, in order; waits for it. */
    List<KernelTime> times() {
        stream.synchronize();
        return launches.stream()
                .map(
                        launch ->
                                new KernelTime(
                                        launch.entry.symbol(),
                                        launch.start.since(origin),
                                        launch.end.since(launch.start)))
                .toList();
    }

    @Override
    public void close() {
        origin.close();
        for (Launch launch : launches) {
            launch.start.close();
            launch.end.close();
        }
    }
}

package dev.millrace.kernels.cuda;

import dev.millrace.kernels.TestingEmulator;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs the kernel cases whose names begin with one of the given prefixes, each counted into a file of its own, in a process of its
 * own: arguments are the folder and the prefixes. The checker is on: what it finds ends the process.
 */
public final class CountingProgram {
    static final String COUNTERS = "counters.json";

    private CountingProgram() {}

    public static void main(String[] arguments) {
        if (!TestingEmulator.isLoaded()) {
            throw new AssertionError("no emulator");
        }
        Path folder = Path.of(arguments[0]);
        List<String> prefixes = List.of(arguments).subList(1, arguments.length);
        for (KernelCase each : KernelCases.all()) {
            if (prefixes.stream().anyMatch(each.name()::startsWith)) {
                each.work()
                        .run(
                                new CountingDevice(
                                        folder.resolve(COUNTERS),
                                        folder.resolve(each.name() + ".json")));
            }
        }
    }
}

package dev.millrace.examples;

import dev.millrace.kernels.cpu.LanesChoice;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Java, processor and memory of this machine. */
final class MachineChecks {
    private static final int LEAST_JAVA = 17;
    private static final long LEAST_HEAP = 1L << 30;
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    /** Names in /proc/cpuinfo of what the kernels gain from. */
    private static final List<String> FEATURES =
            List.of("avx2", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve");

    private MachineChecks() {}

    static Finding java() {
        int version = Runtime.version().feature();
        String found = version + ", " + System.getProperty("java.home");
        return version >= LEAST_JAVA
                ? Finding.good("Java", found)
                : Finding.bad("Java", found, "Install Java 17 or later and set JAVA_HOME to it");
    }

    static Finding vectorApi() {
        return LanesChoice.vectorApiPresent()
                ? Finding.good("Vector API", "present, " + LanesChoice.best().name())
                : Finding.bad(
                        "Vector API",
                        "not loaded: the CPU backend uses loops that are many times slower",
                        "Start Java with --add-modules jdk.incubator.vector; on a TaskManager in"
                                + " env.java.opts.taskmanager");
    }

    static Finding processor() {
        String cores = Runtime.getRuntime().availableProcessors() + " processors";
        Set<String> features = new TreeSet<>();
        try {
            for (String line :
                    Files.exists(CPU_INFO) ? Files.readAllLines(CPU_INFO) : List.<String>of()) {
                String lower = line.toLowerCase(Locale.ROOT);
                if (lower.startsWith("flags") || lower.startsWith("features")) {
                    features.addAll(
                            List.of(lower.substring(lower.indexOf(':') + 1).strip().split(" ")));
                    break;
                }
            }
        } catch (IOException e) {
            return Finding.absent("processor", cores + ", features unknown: " + e);
        }
        List<String> known = new ArrayList<>(FEATURES);
        known.retainAll(features);
        if (features.isEmpty()) {
            return Finding.absent("processor", cores + ", features unknown");
        }
        return known.isEmpty()
                ? Finding.bad(
                        "processor",
                        cores + " without AVX2 or NEON",
                        "Use a machine of the last ten years, or a GPU")
                : Finding.good("processor", cores + ", " + String.join(" ", known));
    }

    static Finding memory() {
        long heap = Runtime.getRuntime().maxMemory();
        String found =
                gigabytes(heap) + " heap at most, " + gigabytes(machine()) + " in the machine";
        return heap >= LEAST_HEAP
                ? Finding.good("memory", found)
                : Finding.bad(
                        "memory",
                        found,
                        "Raise it with MILLRACE_JAVA_OPTS=-Xmx8g; on a TaskManager with"
                                + " taskmanager.memory.task.heap.size");
    }

    /** Physical memory, or the container's limit. */
    private static long machine() {
        return ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : 0;
    }

    static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}

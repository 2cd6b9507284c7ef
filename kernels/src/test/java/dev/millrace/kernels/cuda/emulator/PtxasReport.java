package dev.millrace.kernels.cuda.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What ptxas said (-Xptxas -v) of one kernel on one architecture, and the occupancy it allows.
 *
 * @param architecture such as "sm_90a"
 * @param spillBytes stores and loads together
 * @param staticShared bytes
 */
public record PtxasReport(
        String kernel,
        String architecture,
        int registers,
        int staticShared,
        int stackBytes,
        int spillBytes) {
    private static final Pattern ENTRY =
            Pattern.compile("Compiling entry function '(\\w+)' for '(\\w+)'");
    private static final Pattern SPILLS =
            Pattern.compile(
                    "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    /** All kernels of a log, once for each architecture. */
    public static List<PtxasReport> read(Path log) {
        try {
            return parse(Files.readAllLines(log));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<PtxasReport> parse(List<String> lines) {
        List<PtxasReport> reports = new ArrayList<>();
        String kernel = "";
        String architecture = "";
        int stack = 0;
        int spills = 0;
        for (String line : lines) {
            Matcher entry = ENTRY.matcher(line);
            Matcher spill = SPILLS.matcher(line);
            Matcher registers = REGISTERS.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
                architecture = entry.group(2);
            } else if (spill.find()) {
                stack = number(spill, 1);
                spills = number(spill, 2) + number(spill, 3);
            } else if (registers.find() && !kernel.isEmpty()) {
                Matcher shared = SHARED.matcher(line);
                int staticShared = shared.find() ? number(shared, 1) : 0;
                reports.add(
                        new PtxasReport(
                                kernel,
                                architecture,
                                number(registers, 1),
                                staticShared,
                                stack,
                                spills));
                kernel = "";
            }
        }
        return reports;
    }

    /** How many blocks of so many threads a multiprocessor holds. */
    public Occupancy occupancy(int threads, int dynamicShared) {
        return Multiprocessor.of(architecture)
                .occupancy(threads, registers, staticShared + dynamicShared);
    }

    /** Blocks per multiprocessor, the share of its warps that they are, and what keeps it from holding more. */
    public record Occupancy(int blocks, double share, String limit) {}

    private static int number(Matcher matcher, int group) {
        return Integer.parseInt(matcher.group(group));
    }

    /** What one multiprocessor has; shared memory in KiB. CUDA C++ Programming Guide, "Compute Capabilities". */
    private enum Multiprocessor {
        SM_80(2048, 164, 163, 32),
        SM_89(1536, 100, 99, 24),
        SM_90(2048, 228, 227, 32);

        private static final int REGISTERS = 65_536;
        private static final int REGISTER_UNIT =
                256; // a warp's registers are handed out in such units
        private static final int SHARED_UNIT = 128;
        private static final int SHARED_OF_BLOCK = 1024; // what the system takes of each block
        private static final int WARP = 32;

        private final int threads;
        private final int sharedKib;
        private final int blockSharedKib;
        private final int blocks;

        Multiprocessor(int threads, int sharedKib, int blockSharedKib, int blocks) {
            this.threads = threads;
            this.sharedKib = sharedKib;
            this.blockSharedKib = blockSharedKib;
            this.blocks = blocks;
        }

        static Multiprocessor of(String architecture) {
            return switch (architecture) {
                case "sm_80" -> SM_80;
                case "sm_89" -> SM_89;
                case "sm_90", "sm_90a" -> SM_90;
                default -> throw new IllegalArgumentException("no figures for " + architecture);
            };
        }

        Occupancy occupancy(int blockThreads, int registersPerThread, int shared) {
            if (shared > blockSharedKib * 1024) {
                return new Occupancy(0, 0, "shared memory");
            }
            int warps = (blockThreads + WARP - 1) / WARP;
            int byThreads = threads / WARP / warps;
            int byRegisters =
                    REGISTERS / (warps * roundUp(registersPerThread * WARP, REGISTER_UNIT));
            int byShared = sharedKib * 1024 / (roundUp(shared, SHARED_UNIT) + SHARED_OF_BLOCK);
            int most = Math.min(Math.min(byThreads, byRegisters), Math.min(byShared, blocks));
            String limit =
                    most == byThreads
                            ? "threads"
                            : most == byRegisters
                                    ? "registers"
                                    : most == byShared ? "shared memory" : "blocks";
            return new Occupancy(most, (double) most * warps * WARP / threads, limit);
        }

        private static int roundUp(int n, int unit) {
            return (n + unit - 1) / unit * unit;
        }
    }
}

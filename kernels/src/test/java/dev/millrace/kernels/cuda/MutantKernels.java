package dev.millrace.kernels.cuda;

import dev.millrace.kernels.ForkedJvm;
import dev.millrace.kernels.cuda.emulator.TestingPrograms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Copies of the product kernels with one barrier less, compiled for the checker and run on kernel cases in a process of their own.
 *
 * <p>Thread-safety: none; one at a time in a build folder.
 */
final class MutantKernels {
    private static final Path SOURCES = Path.of("src/main/cuda");
    private static final Path FOLDER = Path.of("target/removed-barriers").toAbsolutePath();

    /** What a thread may wait for, or tell others; a vote is left to the calling thread. */
    private static final Pattern BARRIER =
            Pattern.compile(
                    "__syncthreads\\(\\)|__syncthreads_or(?=\\()|__syncwarp\\(\\)|bar_sync\\([^;]*\\)(?=;)"
                            + "|(mbarrier_(wait|arrive|arrive_expect_tx|init)|wgmma_wait<\\d>)\\([^;]*\\)(?=;)"
                            + "|fence_(proxy_async|mbarrier_init)\\(\\)|cp_async_wait<[^>]*>\\(\\)|wgmma_fence\\(\\)");

    private static final Pattern REPORT =
            Pattern.compile(".*\\[kernel \\w+, block \\([\\d,]+\\), thread \\([\\d,]+\\)].*");

    private MutantKernels() {}

    /**
     * One barrier of the sources.
     *
     * @param file that it stands in
     * @param line of the file, from 1
     * @param at its first character
     * @param text of it
     */
    record Barrier(String file, int line, int at, String text) {
        @Override
        public String toString() {
            return file + ":" + line + " " + text;
        }
    }

    /**
     * How a kernel file is compiled and run without the rest.
     *
     * @param file with entry points
     * @param leftOut instances that need not be compiled
     * @param with other files that its cases need
     * @param cases prefixes of kernel cases
     */
    record Program(String file, String leftOut, List<String> with, List<String> cases) {}

    /** All barriers, file by file; those of ptx*.cuh are what the others are made of. */
    static List<Barrier> all() throws IOException {
        List<Barrier> all = new ArrayList<>();
        for (Path source : sources()) {
            String file = source.getFileName().toString();
            String text = Files.readString(source);
            Matcher matcher = BARRIER.matcher(text);
            while (!file.startsWith("ptx") && matcher.find()) {
                int line = (int) text.substring(0, matcher.start()).lines().count();
                String before = text.substring(0, matcher.start());
                boolean comment = before.substring(before.lastIndexOf('\n') + 1).contains("//");
                if (!comment) {
                    all.add(new Barrier(file, line, matcher.start(), matcher.group()));
                }
            }
        }
        return all;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.filter(file -> file.toString().matches(".*\\.cuh?")).sorted().toList();
        }
    }

    /** What the checker says of the program without the barrier; empty if it says nothing. */
    static String report(TestingPrograms emulator, Program program, Barrier barrier)
            throws IOException, InterruptedException {
        Path folder = FOLDER.resolve(barrier.file + "-" + barrier.line + "-" + program.file);
        Files.createDirectories(folder);
        for (Path source : sources()) {
            String file = source.getFileName().toString();
            String text = Files.readString(source);
            if (file.equals(barrier.file)) {
                int end = barrier.at + barrier.text.length();
                text = text.substring(0, barrier.at) + text.substring(end);
            }
            if (file.equals(program.file)) {
                text = text.replaceAll(program.leftOut, "");
            }
            Files.writeString(folder.resolve(file), text);
        }
        List<String> files = new ArrayList<>(List.of(program.file, "scatter.cu"));
        files.addAll(program.with);
        Path library = emulator.buildKernels(folder, files);
        ForkedJvm.Result result = run(library, folder, program.cases);
        Optional<String> report =
                result.output().lines().filter(REPORT.asMatchPredicate()).findFirst();
        if (report.isEmpty() && result.exitCode() != 0) {
            throw new AssertionError("the cases fail by themselves: " + result.output());
        }
        return report.orElse("");
    }

    private static ForkedJvm.Result run(Path library, Path folder, List<String> cases)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(folder.toString()));
        arguments.addAll(cases);
        return ForkedJvm.run(
                CountingProgram.class,
                "check",
                Map.of(
                        "MILLRACE_EMU_KERNELS",
                        library.toString(),
                        // So few that blocks have several pieces of work each.
                        "MILLRACE_EMU_SMS",
                        "1",
                        "MILLRACE_EMU_COUNT",
                        folder.resolve(CountingProgram.COUNTERS).toString()),
                List.of(),
                arguments.toArray(String[]::new));
    }
}

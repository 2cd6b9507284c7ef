package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The host programs in C++ that test the emulator itself, and the emulator they run on. Both are built on demand where there is a g++
 * and a CUDA toolkit. A test that calls {@link #require} is left out elsewhere, with one line that says so; with
 * MILLRACE_CUDA=required it fails instead.
 *
 * <p>Thread-safety: safe; the build runs once per JVM.
 */
public final class TestingPrograms {
    private static final Path SOURCES = Path.of("src/test/emulator").toAbsolutePath();
    private static final Path FETCHED_TOOLKIT =
            Path.of("target/cuda-toolkit/nvidia/cu13").toAbsolutePath();
    private static final int NO_COMPILER = 3;
    private static final int NO_HEADERS = 4;

    private final Path folder;
    private final Path toolkit;

    private TestingPrograms(Path folder, Path toolkit) {
        this.folder = folder;
        this.toolkit = toolkit;
    }

    /** Fast kernels, or kernels of which every access is checked and may be counted. */
    enum Build {
        PLAIN,
        CHECK;

        String folder() {
            return this == PLAIN ? "plain" : "check";
        }
    }

    /** The emulator, or the end of the calling test, which is named on stderr. */
    public static TestingPrograms require(Class<?> test) {
        Holder holder = Holder.INSTANCE;
        if (holder.missing != null) {
            if ("required".equals(System.getenv("MILLRACE_CUDA"))) {
                throw new AssertionError("MILLRACE_CUDA=required, but " + holder.missing);
            }
            System.err.println("Left out: " + test.getSimpleName() + ": " + holder.missing);
        }
        assumeTrue(holder.missing == null, holder.missing);
        return new TestingPrograms(holder.folder, holder.toolkit);
    }

    /** The check build of kernel files in {@code sources}, kept in a folder there; returns the library. */
    public Path buildKernels(Path sources, List<String> files) {
        Path out = sources.resolve("out");
        String paths =
                files.stream()
                        .map(file -> sources.resolve(file).toString())
                        .collect(Collectors.joining(" "));
        ChildProcess.Result result =
                new ChildProcess(List.of(SOURCES.resolve("build.sh").toString(), out.toString()))
                        .with("CUDA_HOME", toolkit.toString())
                        .with("KERNELS", paths)
                        .with("EMULATOR_DIR", folder.toString())
                        .with("MODES", Build.CHECK.folder())
                        .run();
        assertThat(result.exitCode()).as(result.errors()).isZero();
        return out.resolve(Build.CHECK.folder()).resolve("libkernels.so");
    }

    /** Source files of one set of the emulator's own test kernels: "bugs" or "counters". */
    static List<Path> testKernels(String set) {
        try (var files = Files.list(SOURCES.resolve("tests").resolve(set))) {
            return files.filter(file -> file.toString().endsWith(".cu")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the host program of src/test/emulator/tests/runner on the kernels of the product. */
    ChildProcess.Result run(Build build, Map<String, String> options, List<String> arguments) {
        return run(build, folder.resolve(build.folder()), options, arguments);
    }

    /** Runs it on one set of the emulator's own test kernels. */
    ChildProcess.Result run(
            Build build, String testKernels, Map<String, String> options, List<String> arguments) {
        Path kernels = folder.resolve("tests").resolve(testKernels).resolve(build.folder());
        return run(build, kernels, options, arguments);
    }

    private ChildProcess.Result run(
            Build build, Path kernels, Map<String, String> options, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(folder.resolve("tests/run").toString());
        command.addAll(arguments);
        ChildProcess process =
                new ChildProcess(command)
                        .with("LD_LIBRARY_PATH", folder.resolve(build.folder()).toString())
                        .with("MILLRACE_EMU_KERNELS", kernels.resolve("libkernels.so").toString());
        options.forEach((name, value) -> process.with("MILLRACE_EMU_" + name, value));
        return process.run();
    }

    /** Builds on first use; `missing` says in one line what the machine lacks. */
    private static final class Holder {
        static final Holder INSTANCE = new Holder();

        final Path folder = Path.of("target/emulator").toAbsolutePath();
        final Path toolkit = toolkit();
        final String missing;

        Holder() {
            missing = toolkit == null ? "no CUDA toolkit (set CUDA_HOME)" : build(toolkit);
        }

        private static Path toolkit() {
            String home = System.getenv("CUDA_HOME");
            if (home != null && !home.isBlank()) {
                return Path.of(home);
            }
            return Files.isDirectory(FETCHED_TOOLKIT) ? FETCHED_TOOLKIT : nvccOnPath();
        }

        private static Path nvccOnPath() {
            for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
                Path nvcc = Path.of(folder, "nvcc");
                if (Files.isExecutable(nvcc)) {
                    return realPath(nvcc).getParent().getParent();
                }
            }
            return null;
        }

        private static Path realPath(Path path) {
            try {
                return path.toRealPath();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private String build(Path toolkit) {
            ChildProcess.Result result =
                    new ChildProcess(
                                    List.of(
                                            SOURCES.resolve("build.sh").toString(),
                                            "--tests",
                                            folder.toString()))
                            .with("CUDA_HOME", toolkit.toString())
                            .run();
            if (result.exitCode() == NO_COMPILER || result.exitCode() == NO_HEADERS) {
                return result.errors().strip();
            }
            assertThat(result.exitCode()).as("the emulator's build:%n%s", result.errors()).isZero();
            return null;
        }
    }
}

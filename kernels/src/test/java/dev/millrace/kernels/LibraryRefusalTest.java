package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A library of CPU kernels that the system does not load, each in a process of its own: one line says why, and the Vector API computes. */
final class LibraryRefusalTest {
    private static final String LIBRARY = "dev/millrace/kernels/x86/libmillrace-x86.so";

    @TempDir private Path folder;

    /** What the jar may hold, made of the true library: the system itself refuses it. */
    enum Broken {
        WRONG_GLIBC("version `GLIBC_9.2.5' not found") {
            @Override
            byte[] of(byte[] library) {
                return patched(library, text -> text.replace("GLIBC_2.2.5", "GLIBC_9.2.5"));
            }
        },
        OTHER_ARCHITECTURE("can't load AARCH64 .so") {
            @Override
            byte[] of(byte[] library) {
                byte[] changed = library.clone();
                changed[18] = (byte) 0xB7; // e_machine: EM_AARCH64
                return changed;
            }
        },
        MISSING_LIBRARY("libd.so.6: cannot open shared object file") {
            @Override
            byte[] of(byte[] library) {
                return patched(library, text -> text.replace("libc.so.6", "libd.so.6"));
            }
        },
        CUT_SHORT("the library in the jar is not whole") {
            @Override
            byte[] of(byte[] library) {
                return Arrays.copyOf(library, library.length / 2);
            }
        };

        private final String reason;

        Broken(String reason) {
            this.reason = reason;
        }

        abstract byte[] of(byte[] library);

        private static byte[] patched(byte[] library, UnaryOperator<String> change) {
            String text = new String(library, StandardCharsets.ISO_8859_1);
            byte[] changed = change.apply(text).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(changed).hasSameSizeAs(library).isNotEqualTo(library);
            return changed;
        }
    }

    private static byte[] library() throws IOException {
        try (InputStream in = Kernels.class.getClassLoader().getResourceAsStream(LIBRARY)) {
            assumeTrue(in != null, "built without a C compiler");
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @EnumSource(Broken.class)
    void whatTheSystemDoesNotLoadIsPassedOver(Broken broken) throws Exception {
        Path file = folder.resolve(LIBRARY);
        Files.createDirectories(file.getParent());
        Files.write(file, broken.of(library()));
        vectorApiComputes(Map.of(), List.of(folder), broken.reason);
    }

    @ParameterizedTest
    @CsvSource({"file, Not a directory", "absent, NoSuchFileException"})
    void aTemporaryDirectoryThatTakesNoFileIsPassedOver(String name, String reason)
            throws Exception {
        library();
        Files.createFile(folder.resolve("file"));
        vectorApiComputes(
                temporaryDirectory(folder.resolve(name)),
                List.of(),
                "no copy of the library can be written to the temporary directory, which java.io.tmpdir names: .*"
                        + reason);
    }

    @Test
    void aTemporaryDirectoryForNoProgramsIsPassedOver() throws Exception {
        library();
        vectorApiComputes(
                temporaryDirectory(directoryForNoPrograms()),
                List.of(),
                "failed to map segment .*is mounted noexec");
    }

    /** Debian's /run/lock is one, and /dev/shm in a container. */
    private static Path directoryForNoPrograms() throws IOException {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            List<Path> found =
                    mounts.map(line -> line.split(" ", -1))
                            .filter(fields -> fields[2].equals("tmpfs"))
                            .filter(fields -> List.of(fields[3].split(",", -1)).contains("noexec"))
                            .map(fields -> Path.of(fields[1]))
                            .filter(Files::isWritable)
                            .toList();
            assumeTrue(!found.isEmpty(), "no writable tmpfs is mounted noexec");
            return found.get(0);
        }
    }

    private static Map<String, String> temporaryDirectory(Path path) {
        return Map.of("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + path);
    }

    private static void vectorApiComputes(
            Map<String, String> environment, List<Path> classPath, String reason)
            throws IOException, InterruptedException {
        ForkedJvm.Result result =
                ForkedJvm.run(
                        DeviceProbe.class, environment, classPath, DeviceProbe.NO_DRIVER, "cpu");
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output())
                .containsPattern("cpu: opened cpu, 1 threads, Vector API, .* 6\n");
        assertThat(result.output().lines().filter(line -> line.matches("\\d\\d:\\d\\d:\\d\\d .*")))
                .as(result.output())
                .singleElement()
                .asString()
                .containsPattern(
                        "CPU kernels use the Vector API, as the native ones cannot be used: .*"
                                + reason);
    }
}

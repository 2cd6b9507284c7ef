package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Loading needs the packed weights and 1.15 times the largest slice of a file that is in flight: a process whose heap has no more
 * loads the checkpoint.
 */
final class LoadMemoryTest {
    /** What the process needs for a checkpoint of a few kilobytes, young generation included. */
    private static final long BASE_BYTES = 10L << 20;

    private static final Pattern HELD = Pattern.compile("(?m)^held (\\d+) ");

    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource(SparseCheckpoint.Format.class)
    void theHeapNeedsTheWeightsAndASlice(SparseCheckpoint.Format format)
            throws IOException, InterruptedException {
        long slice = SparseCheckpoint.write(folder, format);
        long packed = held(load(1 << 30));
        assertThat(packed).isGreaterThan(slice);
        long most = BASE_BYTES + packed + 115 * slice / 100;
        assertThat(held(load(most))).isEqualTo(packed);
    }

    private static long held(String output) {
        Matcher matcher = HELD.matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    private String load(long heapBytes) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString(),
                                        "-Xmx" + heapBytes / 1024 + "k",
                                        // Nearly all of it for what lives, so that the limit means
                                        // that.
                                        "-XX:+UseSerialGC",
                                        "-XX:MaxNewSize=3m",
                                        "-XX:TieredStopAtLevel=1",
                                        "--add-modules",
                                        "jdk.incubator.vector",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        LoadProbe.class.getName(),
                                        folder.toString()))
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}

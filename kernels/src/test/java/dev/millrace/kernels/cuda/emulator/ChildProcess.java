package dev.millrace.kernels.cuda.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program run to its end, with what it printed. Not for reuse. */
final class ChildProcess {
    private static final long MOST_MINUTES = 5;

    private final ProcessBuilder builder;

    ChildProcess(List<String> command) {
        builder = new ProcessBuilder(command);
    }

    /** Exit code, and the text of both streams. */
    record Result(int exitCode, String output, String errors) {
        /** The VALUE of a line "KEY: VALUE". */
        String value(String key) {
            return output.lines()
                    .filter(line -> line.startsWith(key + ": "))
                    .map(line -> line.substring(key.length() + 2))
                    .findFirst()
                    .orElseThrow(
                            () ->
                                    new AssertionError(
                                            "no line \""
                                                    + key
                                                    + ": ...\" in:\n"
                                                    + output
                                                    + errors));
        }
    }

    ChildProcess with(String variable, String value) {
        builder.environment().put(variable, value);
        return this;
    }

    Result run() {
        try {
            // Files, not pipes: nobody has to read both at once.
            Path output = Files.createTempFile("child", ".out");
            Path errors = Files.createTempFile("child", ".err");
            Process process =
                    builder.redirectOutput(output.toFile()).redirectError(errors.toFile()).start();
            if (!process.waitFor(MOST_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(
                        "still running after " + MOST_MINUTES + " minutes: " + builder.command());
            }
            return new Result(process.exitValue(), take(output), take(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String take(Path file) throws IOException {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        Files.delete(file);
        return text;
    }
}

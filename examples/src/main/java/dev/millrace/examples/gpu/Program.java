package dev.millrace.examples.gpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Other programs, run to their end. */
final class Program {
    private Program() {}

    /**
     * How one ended.
     *
     * @param exitCode its own; −1 if it was ended because it took too long
     * @param output standard output and error together
     */
    record End(int exitCode, String output) {}

    /** Empty if there is no such program. */
    static Optional<End> run(List<String> command, Duration most) throws InterruptedException {
        Path output = null;
        try {
            // A file, not a pipe: nobody has to read while it runs.
            output = Files.createTempFile("millrace", ".log");
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            boolean ended = process.waitFor(most.toSeconds(), TimeUnit.SECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            String text = Files.readString(output, StandardCharsets.UTF_8);
            return Optional.of(new End(ended ? process.exitValue() : -1, text));
        } catch (IOException e) {
            return Optional.empty();
        } finally {
            if (output != null && !output.toFile().delete()) {
                output.toFile().deleteOnExit();
            }
        }
    }
}

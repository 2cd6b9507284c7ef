package dev.millrace.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A folder for everything that a run writes: broker logs, checkpoints, the unpacked model. Temporary unless the user names
 * one; a temporary one is deleted when the process ends, however it ends.
 *
 * <p>Thread-safety: immutable.
 */
record Workspace(Path folder) {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    static Workspace temporary() throws IOException {
        Workspace workspace = new Workspace(Files.createTempDirectory("millrace-"));
        // A hook and not close(): the process also ends by Ctrl-C, and Flink writes until its own
        // hooks have run.
        Runtime.getRuntime().addShutdownHook(new Thread(workspace::delete, "workspace-cleanup"));
        return workspace;
    }

    static Workspace at(Path folder) throws IOException {
        return new Workspace(Files.createDirectories(folder).toAbsolutePath());
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    /** Flink may still write while the process ends, so one pass is not always enough. */
    void delete() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (Files.exists(folder) && System.nanoTime() < deadline) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                // A file went away meanwhile, which is what is wanted.
                Thread.onSpinWait();
            }
        }
    }
}

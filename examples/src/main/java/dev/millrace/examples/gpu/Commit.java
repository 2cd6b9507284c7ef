package dev.millrace.examples.gpu;

import java.time.Duration;
import java.util.List;

/** Which sources this is. */
final class Commit {
    private static final Duration MOST = Duration.ofSeconds(10);

    private Commit() {}

    /** The commit of the working tree, empty where git or its folder is missing. */
    static String current() {
        try {
            return Program.run(List.of("git", "rev-parse", "HEAD"), MOST)
                    .filter(end -> end.exitCode() == 0)
                    .map(end -> end.output().strip())
                    .orElse("");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}

package dev.millrace.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whether the jars in a Flink session's {@code lib/} suit the jobs that are submitted to it. */
final class FlinkCheck {
    private static final String SUBJECT = "Flink";

    private FlinkCheck() {}

    /** {@code home} is Flink's folder; null if it is not known. */
    static Finding run(String home) throws IOException {
        if (home == null || home.isBlank()) {
            return Finding.absent(SUBJECT, "FLINK_HOME is not set: no session is looked at");
        }
        Path lib = Path.of(home, "lib");
        if (!Files.isDirectory(lib)) {
            return Finding.bad(SUBJECT, "no folder " + lib, "Set FLINK_HOME to Flink's folder");
        }
        return finding(lib, jars(lib));
    }

    private static Finding finding(Path lib, List<String> jars) {
        String sql = named("flink-sql-connector-millrace-.*", jars);
        String millrace = named("millrace-.*", jars);
        String kafka = named("(flink-(sql-)?connector-kafka|kafka-clients)-.*", jars);
        if (!sql.isEmpty()) {
            return Finding.good(
                    SUBJECT,
                    lib
                            + " has "
                            + sql
                            + ": statements share one engine; `millrace run` wants a session of its own");
        }
        if (!millrace.isEmpty()) {
            return Finding.good(SUBJECT, lib + " has " + millrace + ": jobs share one engine");
        }
        return kafka.isEmpty()
                ? Finding.absent(
                        SUBJECT,
                        "no millrace jar in "
                                + lib
                                + ": every job brings its own, and an engine of its own")
                : Finding.bad(
                        SUBJECT,
                        lib + " has " + kafka + ", which jobs bring along as well",
                        "Take it out and restart the session: classes that are there twice end jobs with a"
                                + " ClassCastException");
    }

    private static String named(String pattern, List<String> jars) {
        return jars.stream().filter(jar -> jar.matches(pattern)).collect(Collectors.joining(", "));
    }

    private static List<String> jars(Path lib) throws IOException {
        try (Stream<Path> files = Files.list(lib)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }
}

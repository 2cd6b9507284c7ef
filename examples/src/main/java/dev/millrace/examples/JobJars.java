package dev.millrace.examples;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/** The jars that a job takes along into a Flink session: those of this process that no Flink has in its {@code lib/}. */
final class JobJars {
    private static final Pattern NEEDED_OF_FLINK = Pattern.compile("flink-(connector|avro).*");
    private static final Pattern BROUGHT_BY_SESSION =
            Pattern.compile(
                    "(flink-|log4j-|slf4j-|scala-|kafka_|kafka-(?!clients-[0-9.]+\\.jar)|junit-|millrace-examples).*");

    private JobJars() {}

    static String[] ofThisProcess() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(JobJars::isTaken)
                .toArray(String[]::new);
    }

    static boolean isTaken(String path) {
        String name = Path.of(path).getFileName().toString();
        return name.endsWith(".jar")
                && (NEEDED_OF_FLINK.matcher(name).matches()
                        || !BROUGHT_BY_SESSION.matcher(name).matches());
    }
}

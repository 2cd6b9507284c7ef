package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of {@link KafkaLlmJob}. */
record JobArguments(Path file, List<String> overrides) {
    private static final String SET = "--set";

    static JobArguments parse(String... arguments) {
        Path file = null;
        List<String> overrides = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].equals(SET) && i + 1 < arguments.length) {
                overrides.add(arguments[++i]);
            } else if (file == null && !arguments[i].startsWith("-")) {
                file = Path.of(arguments[i]);
            } else {
                // Not the argument itself, which may be a value that lost its key.
                throw invalid("an argument too many, number " + (i + 1));
            }
        }
        if (file == null) {
            throw invalid("no job file");
        }
        return new JobArguments(file, overrides);
    }

    private static InvalidJobException invalid(String given) {
        return new InvalidJobException(
                new Problem(
                        JobError.INVALID_YAML,
                        "arguments",
                        given,
                        "job.yaml [--set key=value]…",
                        "See docs/configuration.md for the keys"));
    }

    JobConfig read() {
        return JobConfig.read(file, overrides);
    }
}

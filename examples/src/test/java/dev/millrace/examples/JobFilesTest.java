package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.JobConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class JobFilesTest {

    static List<Path> jobFiles() throws IOException {
        try (Stream<Path> jobs = Files.list(Path.of("jobs"))) {
            Path quickstart = Path.of("src/main/resources/dev/millrace/examples/quickstart.yaml");
            return Stream.concat(jobs, Stream.of(quickstart)).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("jobFiles")
    void everyJobFileIsValid(Path file) {
        assertThat(JobConfig.read(file, List.of()).name()).isNotEqualTo("millrace");
    }
}

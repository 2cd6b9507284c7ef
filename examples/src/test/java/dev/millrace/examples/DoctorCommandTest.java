package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DoctorCommandTest {
    @TempDir private Path folder;

    @Test
    void aMachineThatRunsTheTestsIsInOrder() throws IOException {
        String model = TestingModel.copyTo(folder).toString();
        CommandRun run = CommandRun.of("doctor", "--model", model);
        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.out())
                .contains("\u2713 Java")
                .contains("\u2713 Vector API")
                .containsPattern("[\u2713-] processor")
                .containsPattern("[\u2713-] GPU")
                .contains("\u2713 memory")
                .containsPattern("\u2713 model +.*llama")
                .doesNotContain("\u2717", "fix:");
    }

    @Test
    void whatIsWrongIsMarkedWithItsFix() {
        CommandRun run =
                CommandRun.of(
                        "doctor",
                        "--model",
                        folder.resolve("no/model").toString(),
                        "--bootstrap-servers",
                        "no-such-host.invalid:9092");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .containsPattern("\u2717 model .*\\[LLM-HB-01\\]\\R  fix: Check the name")
                .containsPattern(
                        "\u2717 Kafka .*no-such-host.invalid:9092.*\\R  fix: Check that the broker runs");
    }

    @Test
    void aSessionsFolderIsLookedAt() throws IOException {
        assertThat(FlinkCheck.run(null).mark()).isEqualTo(Finding.Mark.ABSENT);
        assertThat(FlinkCheck.run(folder.toString()).fix()).contains("FLINK_HOME");
        Path lib = Files.createDirectories(folder.resolve("lib"));
        assertThat(FlinkCheck.run(folder.toString()).mark()).isEqualTo(Finding.Mark.ABSENT);
        Files.createFile(lib.resolve("flink-connector-kafka-5.0.0-2.2.jar"));
        assertThat(FlinkCheck.run(folder.toString()).fix()).contains("Take it out");
        for (String jar :
                List.of("millrace-operator-0.1.0.jar", "flink-sql-connector-millrace-0.1.0.jar")) {
            Path file = Files.createFile(lib.resolve(jar));
            assertThat(FlinkCheck.run(folder.toString()).mark()).isEqualTo(Finding.Mark.GOOD);
            Files.delete(file);
        }
    }
}

package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What scripts rely on of the commands that classify and embed. */
final class LabelCommandsTest {
    @TempDir private static Path folder;

    private static String model;

    @BeforeAll
    static void copyModel() throws IOException {
        model = TestingModel.copyTo(folder).toString();
    }

    @Test
    void classifyPrintsTheScoresOfAllLabelsAndTheBest() {
        CommandRun run = classify("--prompt", "Hello", "--token-ids", "5,6,7", "--output", "json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json()).hasSize(2);
        for (JsonNode line : run.json()) {
            JsonNode labels = line.get("labels");
            assertThat(labels).hasSize(2);
            assertThat(labels.get(0).get("label").textValue()).isEqualTo("yes");
            assertThat(labels.get(1).get("label").textValue()).isEqualTo(" not at all");
            double first = labels.get(0).get("probability").doubleValue();
            double second = labels.get(1).get("probability").doubleValue();
            assertThat(first + second).isCloseTo(1, within(1e-12));
            assertThat(labels.get(0).get("logprob").doubleValue()).isNegative();
            assertThat(line.get("label"))
                    .isEqualTo(labels.get(first >= second ? 0 : 1).get("label"));
        }
        assertThat(run.json().get(1).get("promptTokens").intValue()).isEqualTo(3);
        assertThat(classify("--prompt", "Hello").out().strip()).isIn("yes", "not at all");
        CommandRun calibrated = classify("--prompt", "Hello", "--calibrated", "--output", "json");
        assertThat(calibrated.exitCode()).as(calibrated.err()).isZero();
        assertThat(calibrated.json().get(0).get("labels"))
                .isNotEqualTo(run.json().get(0).get("labels"));
    }

    @Test
    void aBadPromptOrLabelSaysWhy() {
        CommandRun run =
                classify("--token-ids", "999999", "--token-ids", "5,6", "--output", "json");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.json().get(0).get("error").get("code").textValue()).isEqualTo("LLM-RQ-02");
        assertThat(run.json().get(1).get("label").isTextual()).isTrue();
        CommandRun twice = classify("--prompt", "x", "--label", "yes");
        assertThat(twice.exitCode()).isEqualTo(3);
        assertThat(twice.err()).contains("LLM-RQ-09", "labels[2]");
    }

    @Test
    void embedPrintsOneVectorForEachPrompt() {
        CommandRun run = embed("--prompt", "Hello", "--token-ids", "5,6,7", "--output", "json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json()).hasSize(2);
        for (JsonNode line : run.json()) {
            double squares = 0;
            for (JsonNode value : line.get("embedding")) {
                squares += value.doubleValue() * value.doubleValue();
            }
            assertThat(squares).isCloseTo(1, within(1e-5));
        }
        JsonNode last =
                embed("--token-ids", "5,6,7", "--pooling", "last", "--raw", "--output", "json")
                        .json()
                        .get(0);
        assertThat(last.get("embedding")).hasSameSizeAs(run.json().get(1).get("embedding"));
        assertThat(last.get("embedding")).isNotEqualTo(run.json().get(1).get("embedding"));
        assertThat(embed("--token-ids", "5,6,7").out().strip().split(" "))
                .hasSize(last.get("embedding").size());
        assertThat(embed("--prompt", "x", "--pooling", "max").exitCode()).isEqualTo(2);
    }

    @Test
    void benchLabelsPrintsBothRates() {
        CommandRun run =
                CommandRun.of(
                        "bench-labels",
                        "--model",
                        model,
                        "--requests",
                        "4",
                        "--warmup-requests",
                        "1",
                        "--input-len",
                        "20",
                        "--label",
                        "yes",
                        "--label",
                        "not at all",
                        "--output",
                        "json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode line = run.json().get(0);
        assertThat(line.get("requests").intValue()).isEqualTo(4);
        assertThat(line.get("ratio").doubleValue())
                .isCloseTo(
                        line.get("scoredPerSecond").doubleValue()
                                / line.get("generatedPerSecond").doubleValue(),
                        within(1e-9));
        assertThat(line.get("generatedTokensPerRecord").doubleValue()).isPositive();
    }

    private static CommandRun classify(String... arguments) {
        return run(
                "classify", new String[] {"--label", "yes", "--label", " not at all"}, arguments);
    }

    private static CommandRun embed(String... arguments) {
        return run("embed", new String[0], arguments);
    }

    private static CommandRun run(String command, String[] first, String[] then) {
        String[] all = new String[3 + first.length + then.length];
        all[0] = command;
        all[1] = "--model";
        all[2] = model;
        System.arraycopy(first, 0, all, 3, first.length);
        System.arraycopy(then, 0, all, 3 + first.length, then.length);
        return CommandRun.of(all);
    }
}

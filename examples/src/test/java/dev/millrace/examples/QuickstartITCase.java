package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart on fewer tickets, in an engine that is kept slow so that the kill meets half-generated answers. */
final class QuickstartITCase {
    private static final int TICKETS = 120;
    private static final List<String> SLOW =
            List.of(
                    "engine.max-num-seqs=4",
                    "engine.threads=1",
                    "max-in-flight=8",
                    "checkpoint.interval=100 ms",
                    "restart.initial-delay=100 ms");

    @TempDir private Path folder;

    private final StringWriter progress = new StringWriter();

    @Test
    void nothingIsLostOrDuplicatedWhenTheTaskManagerIsKilled() throws Exception {
        long seed = System.nanoTime();
        QuickstartReport report = quickstart(2, true, seed, null);

        assertThat(report.killed()).as("seed %d", seed).isTrue();
        assertThat(report.balance().lost()).as("lost, seed %d", seed).isZero();
        assertThat(report.balance().duplicated()).as("duplicated, seed %d", seed).isZero();
        assertThat(report.resumedTokens()).as("resumed tokens, seed %d", seed).isPositive();
        // Of all bundled tickets the model gets 95.1 % of the fields, of these 96.9 %.
        assertThat(report.balance().accuracy()).isGreaterThan(0.93);
        assertThat(progress.toString()).contains("Killed the TaskManager", "--seed " + seed);
    }

    @Test
    void aKillDoesNotChangeAnyAnswer() throws Exception {
        QuickstartReport whole = quickstart(1, false, 0, folder.resolve("whole"));
        QuickstartReport killed = quickstart(1, true, 0, folder.resolve("killed"));

        assertThat(whole.killed()).isFalse();
        assertThat(whole.resumedTokens()).isZero();
        assertThat(killed.killed()).isTrue();
        assertThat(answers("killed")).hasSize(TICKETS).isEqualTo(answers("whole"));
    }

    @Test
    void theReportHasTheLedgerAndTenSamples() throws Exception {
        StringWriter out = new StringWriter();
        new ReportTable(new PrintWriter(out)).print(quickstart(1, false, 0, null));
        assertThat(out.toString())
                .containsPattern("tickets in +120")
                .containsPattern("lost +0")
                .containsPattern("duplicated +0")
                .contains("field accuracy", "tokens/s", "first answer");
        assertThat(out.toString().lines().filter(line -> line.startsWith("  T-"))).hasSize(10);
    }

    private QuickstartReport quickstart(int parallelism, boolean kill, long seed, Path keep)
            throws Exception {
        Quickstart.Options options =
                new Quickstart.Options(TICKETS, parallelism, kill, seed, keep, SLOW);
        return new Quickstart(options, new ProgressLine(new PrintWriter(progress, true), false))
                .run();
    }

    /** The answers of a kept run, sorted: they come out as they get ready. */
    private List<String> answers(String name) throws IOException {
        ObjectMapper json = new ObjectMapper();
        for (String line : Files.readAllLines(folder.resolve(name).resolve("answers.jsonl"))) {
            assertThat(json.readTree(line).get("category").textValue()).isNotEmpty();
        }
        return Files.readAllLines(folder.resolve(name).resolve("answers.jsonl")).stream()
                .sorted()
                .toList();
    }
}

package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.kernels.TestingEmulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands for the day a GPU is there, whole, on the emulated one; in a process of its own. */
final class GpuCommandsITCase {
    private static final Path MODELS = Path.of("../engine/src/test/resources/models/qwen3");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir private Path folder;

    @BeforeEach
    void theEmulatorIsThere() {
        assumeTrue(TestingEmulator.isLoaded(), "no CUDA emulator");
    }

    private CommandRun check(String... more) {
        return run(
                "gpu-check",
                Stream.concat(Stream.of("--models", MODELS.toString()), Stream.of(more)));
    }

    private CommandRun bench(String... more) {
        return run("gpu-bench", Stream.of(more));
    }

    private CommandRun run(String command, Stream<String> more) {
        Stream<String> common =
                Stream.of(command, "--shapes", "tiny", "--output", folder.toString());
        return CommandRun.of(Stream.concat(common, more).toArray(String[]::new));
    }

    private JsonNode result(String part) throws IOException {
        return JSON.readTree(folder.resolve(part + ".json").toFile());
    }

    @Test
    void everythingIsCheckedOnceAndNotAgain() throws IOException {
        CommandRun first = check("--sanitizer", "none");
        assertThat(first.exitCode()).as(first.out() + first.err()).isZero();
        assertThat(first.out()).contains("not a GPU").doesNotContain("earlier");
        assertThat(result("conformance").at("/details/same").asInt()).isGreaterThanOrEqualTo(49);
        assertThat(result("kernels").at("/details/cases")).hasSizeGreaterThan(70);
        assertThat(result("batch-invariance").at("/details/failures").asInt()).isZero();
        assertThat(result("tokens").at("/details/models/0/prompts")).isNotEmpty();
        assertThat(result("sanitizer").get("status").asText()).isEqualTo("left_out");
        for (String part : new String[] {"device", "kernels", "tokens"}) {
            assertThat(result(part).get("realDevice").asBoolean()).isFalse();
        }
        assertThat(folder.resolve("conformance/emulator-9.0.txt")).isNotEmptyFile();

        Files.delete(folder.resolve("tokens.json"));
        CommandRun second = check("--sanitizer", "none");
        assertThat(second.exitCode()).isZero();
        assertThat(second.out().lines().filter(line -> line.contains("(earlier)"))).hasSize(5);
        assertThat(result("tokens").get("status").asText()).isEqualTo("passed");
    }

    @Test
    void whatFindsAnErrorMakesTheCheckFail() throws IOException {
        CommandRun run = check("--sanitizer", program("exit 9").toString());
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(4);
        assertThat(run.out()).containsPattern("FAILED +sanitizer +memcheck found errors");
    }

    /** What the sanitizer is given is this program with the same class path. */
    private Path program(String text) throws IOException {
        Path program = folder.resolve("sanitizer.sh");
        String script = "#!/bin/sh\ncase \"$*\" in *GpuMain*gpu-check*tiny*) ;; *) exit 3;; esac\n";
        Files.writeString(program, script + text + "\n");
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void whenTheTimeIsOverNothingNewIsBegun() throws IOException {
        CommandRun run = check("--seconds", "-1");
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.out()).contains("not run   6 parts");
        assertThat(folder.resolve("device.json")).doesNotExist();
    }

    @Test
    void theBenchmarkLeavesOneFileOfJsonAndOnePage() throws IOException {
        CommandRun run = bench();
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        JsonNode report = result("gpu-bench");
        assertThat(report.get("realDevice").asBoolean()).isFalse();
        assertThat(report.get("warning").asText()).contains("emulator");
        assertThat(report.get("kernels")).hasSizeGreaterThan(70);
        for (JsonNode time : report.get("kernels")) {
            assertThat(time.get("micros").asDouble()).as("%s", time).isPositive();
            assertThat(time.get("shareOfCopy").asDouble()).as("%s", time).isPositive();
        }
        assertThat(report.at("/engine/0/outputTokensPerSecond")).hasSize(4);
        assertThat(report.get("timelines")).hasSize(4);
        assertThat(report.at("/timelines/0/kernels")).isNotEmpty();
        String page = Files.readString(folder.resolve("gpu-bench.html"));
        assertThat(page)
                .contains("Measured on an emulator", "gate_up fp8", "24 / 8", "gated_linear")
                .doesNotContain("{{", "{%", "http:", "https:", "<script");

        assertThat(bench().out().lines().filter(line -> line.contains("(earlier)")))
                .hasSizeGreaterThan(15);
    }
}

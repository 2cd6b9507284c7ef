package dev.millrace.examples.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.kernels.cuda.model.Bound;
import dev.millrace.kernels.cuda.model.Card;
import dev.millrace.kernels.cuda.model.Format;
import dev.millrace.kernels.cuda.model.KernelCosts;
import dev.millrace.kernels.cuda.model.LlamaStep;
import dev.millrace.kernels.cuda.model.Throughput;
import dev.millrace.kernels.cuda.model.Workload;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The model's command prints what its page shows, and nothing that a data sheet forbids. */
final class ModelReportTest {
    private static final Path PAGE = Path.of("../docs/kernels/model.md");
    private static final String BEGIN = "```text\n";
    private static final String END = "```\n";

    private static String run(String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine command = new CommandLine(new GpuBenchCommand()).setOut(new PrintWriter(out));
        assertThat(command.execute(arguments)).isZero();
        return out.toString();
    }

    /** With -Dmillrace.record=true the page is written. */
    @Test
    void thePageShowsWhatTheCommandPrints() throws IOException {
        String text = run("--model-only");
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        String expected =
                page.substring(0, begin) + text + page.substring(page.indexOf(END, begin));
        if (Boolean.getBoolean("millrace.record")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(expected);
    }

    @Test
    void everythingIsCalledAModel() throws IOException {
        assertThat(run("--model-only").lines().filter(line -> line.startsWith("Model")))
                .hasSizeGreaterThanOrEqualTo(Format.values().length);
        JsonNode json = new ObjectMapper().readTree(run("--model-only", "--output", "json"));
        assertThat(json.get("model").booleanValue()).isTrue();
        assertThat(json.get("measured").booleanValue()).isFalse();
        assertThat(json.get("throughput"))
                .hasSize(Format.values().length * Card.values().length * Workload.PUBLISHED.size());
    }

    @Test
    void noKernelIsFasterThanBytesAndFlopsAllow() {
        KernelCosts costs = KernelCosts.recorded();
        for (Card card : Card.values()) {
            List<Bound> decode = new LlamaStep(card, Format.BF16, costs).decode(256, 1024);
            double seconds = decode.stream().mapToDouble(Bound::stepSeconds).sum();
            // 15.0 GB of weights and 256 sequences of 134 MB, by hand.
            double bytes = 15.0e9 + 256 * 1024 * 131_072.0;
            assertThat(seconds).isGreaterThan(bytes / card.bytesPerSecond());
            for (Format format : Format.values()) {
                for (Workload load : Workload.PUBLISHED) {
                    Throughput most = Throughput.of(card, format, load, costs);
                    assertThat(most.sequences()).isPositive();
                    assertThat(most.tokensPerSecond())
                            .as("%s %s %s", card, format, load)
                            .isBetween(1.0, 1.001 * most.roofline());
                }
            }
        }
    }

    @Test
    void theRooflineOfOneRowIsTheOneWorkedOutByHand() {
        // H200, BF16, 128 in, 128 out: 2 · 6.979e9 · 2 and 2 · 0.525e9 FLOP a token at 989 TFLOP/s,
        // 192 · 131,072 bytes of cache at
        // 4.8 TB/s, 2 · 32 · 4096 · 128² / 128 FLOP of attention over prompts.
        double layers = 2 * 2 * 6.979e9 / 989e12;
        double head = 2 * 0.5253e9 / 989e12;
        double cache = 192 * 131_072 / 4.8e12;
        double prefill = 2.0 * 32 * 4096 * 128 * 128 / 989e12 / 128;
        Throughput most =
                Throughput.of(
                        Card.H200, Format.BF16, Workload.PUBLISHED.get(0), KernelCosts.recorded());
        assertThat(most.roofline())
                .isCloseTo(
                        1 / (layers + head + cache + prefill),
                        org.assertj.core.data.Percentage.withPercentage(0.1));
    }
}

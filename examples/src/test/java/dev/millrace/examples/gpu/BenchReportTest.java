package dev.millrace.examples.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.cuda.DeviceFacts;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of results that only a GPU can give: shares of the peer, and a page without a warning. */
final class BenchReportTest {
    private static final DeviceFacts GPU =
            new DeviceFacts(
                    "H<100>",
                    "9.0",
                    true,
                    "580.95",
                    "13.0",
                    132,
                    80L << 30,
                    50L << 20,
                    1980,
                    2619,
                    5120,
                    "0000:1b:00.0",
                    "00ff");

    @TempDir private Path path;

    private static Result result(Status status, String json) throws IOException {
        return new Result(status, "so", (ObjectNode) ResultFolder.JSON.readTree(json));
    }

    private static Map<String, Result> results(Status peer) throws IOException {
        Map<String, Result> results = new LinkedHashMap<>();
        results.put("copy", result(Status.PASSED, "{\"bytesPerSecond\": 2e12}"));
        String products =
                peer == Status.LEFT_OUT
                        ? "{}"
                        : """
                        {"copyBytesPerSecond": 1.9e12, "products": [
                          {"case": "o bf16", "n": 1000, "k": 1000, "rows": 500, "kind": "bf16", "milliseconds": 0.01},
                          {"case": "qkv bf16", "n": 1000, "k": 1000, "rows": 500, "kind": "bf16", "milliseconds": 0.005},
                          {"case": "o bf16", "n": 1000, "k": 1000, "rows": 1, "kind": "bf16", "milliseconds": null}]}""";
        results.put("peer", result(peer, products));
        String times =
                """
                {"times": [
                  {"case": "o bf16", "family": "linear", "rows": 500, "micros": 20, "gigabytesPerSecond": 500, "teraflops": 50},
                  {"case": "o bf16", "family": "linear", "rows": 1, "micros": 2, "gigabytesPerSecond": 1000, "teraflops": 1}]}""";
        results.put("kernels-bf16", result(Status.PASSED, times));
        for (String kind : new String[] {"bf16", "fp8"}) {
            String figures =
                    "{\"kind\": \"%s\", \"outputTokensPerSecond\": 12345.4, \"figures\": {\"inputLen\": 1000, \"outputLen\": 1000}}"
                            .formatted(kind);
            results.put("engine-" + kind + "-1000-1000", result(Status.PASSED, figures));
        }
        return results;
    }

    private JsonNode report(Status peer) throws IOException {
        ResultFolder folder = new ResultFolder(path, GPU, "build", "real");
        BenchReport report = new BenchReport(folder, GpuArguments.Shapes.real, results(peer));
        report.write();
        StringWriter out = new StringWriter();
        report.print(new PrintWriter(out));
        assertThat(out.toString()).contains("1000 in, 1000 out").doesNotContain("emulator");
        return ResultFolder.JSON.readTree(path.resolve("gpu-bench.json").toFile());
    }

    @Test
    void kernelsAreSharesOfTheCopyAndOfThePeer() throws IOException {
        JsonNode report = report(Status.PASSED);
        JsonNode many = report.at("/kernels/0");
        assertThat(many.get("shareOfCopy").asDouble()).isCloseTo(0.25, within(1e-9));
        assertThat(many.get("shareOfPeer").asDouble()).isCloseTo(0.5, within(1e-9));
        // The best product of the peer: 10^9 operations in 5 us.
        assertThat(many.get("shareOfBestProduct").asDouble()).isCloseTo(0.25, within(1e-9));
        JsonNode one = report.at("/kernels/1");
        assertThat(one.get("shareOfCopy").asDouble()).isCloseTo(0.5, within(1e-9));
        assertThat(one.has("shareOfPeer")).isFalse();
    }

    @Test
    void thePageOfAGpuHasNoWarningAndThePublishedFiguresBesideOurs() throws IOException {
        JsonNode report = report(Status.LEFT_OUT);
        assertThat(report.at("/kernels/0").has("shareOfPeer")).isFalse();
        assertThat(report.at("/ceilings/peer").asText()).isEqualTo("so");
        assertThat(report.get("engine")).hasSize(1);
        assertThat(Files.readString(path.resolve("gpu-bench.html")))
                .contains("H&lt;100&gt;", "1000 / 1000", "12345", "17744", "15220", "25.0 %")
                .doesNotContain("class=\"warning\"", "H<100>");
    }

    @Test
    void resultsOfAnotherDeviceOrBuildAreNotTaken() throws IOException {
        ResultFolder folder = new ResultFolder(path, GPU, "build", "real");
        folder.write("copy", result(Status.LEFT_OUT, "{\"a\": 1}"));
        assertThat(folder.read("copy"))
                .hasValueSatisfying(found -> assertThat(found.status()).isEqualTo(Status.LEFT_OUT));
        assertThat(new ResultFolder(path, GPU, "later build", "real").read("copy")).isEmpty();
        assertThat(new ResultFolder(path, GPU, "build", "tiny").read("copy")).isEmpty();
    }
}

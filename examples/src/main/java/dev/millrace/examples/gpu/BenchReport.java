package dev.millrace.examples.gpu;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.jinja.Limits;
import dev.millrace.engine.jinja.Template;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;

/** All results of a measurement in one JSON file and one page of HTML. */
final class BenchReport {
    private static final String TEMPLATE = "gpu-bench.html";
    private static final int MOST_CHARS = 1 << 24;
    private static final String ENGINE = "engine-";
    private static final String TIMELINE = "timeline-";

    private final ResultFolder folder;
    private final Map<String, Result> results;
    private final ObjectNode report = ResultFolder.JSON.createObjectNode();

    BenchReport(ResultFolder folder, GpuArguments.Shapes shapes, Map<String, Result> results) {
        this.folder = folder;
        this.results = results;
        boolean real = folder.device().real();
        report.put("realDevice", real);
        report.put("warning", real ? "" : "Measured on an emulator. No time here is a GPU's.");
        report.put("shapes", shapes.name());
        report.set("device", ResultFolder.JSON.valueToTree(folder.device()));
        JsonNode smi = details("device").path("nvidiaSmi");
        report.put("nvidiaSmi", smi.asText());
        report.put("commit", Commit.current());
        report.set("ceilings", ceilings());
        KernelRates rates = new KernelRates(details("copy"), details("peer"));
        ArrayNode kernels = report.putArray("kernels");
        results.forEach(
                (name, result) ->
                        result.details()
                                .path("times")
                                .forEach(time -> kernels.add(rates.shares((ObjectNode) time))));
        report.set("engine", engine());
        report.set("timelines", timelines());
    }

    private ObjectNode details(String part) {
        Result result = results.get(part);
        return result == null ? ResultFolder.JSON.createObjectNode() : result.details();
    }

    private ObjectNode ceilings() {
        ObjectNode node = ResultFolder.JSON.createObjectNode();
        node.set("copyBytesPerSecond", details("copy").get("bytesPerSecond"));
        Result peer = results.get("peer");
        boolean there = peer != null && peer.status() == Status.PASSED;
        node.put("peer", peer == null ? "not run" : peer.summary());
        node.set("peerCopyBytesPerSecond", there ? peer.details().get("copyBytesPerSecond") : null);
        return node;
    }

    /** A row for each workload, a column for each kind of weight. */
    private ArrayNode engine() {
        ArrayNode rows = ResultFolder.JSON.createArrayNode();
        results.forEach(
                (name, result) -> {
                    if (name.startsWith(ENGINE) && result.status() == Status.PASSED) {
                        addThroughput(rows, result.details());
                    }
                });
        return rows;
    }

    private static void addThroughput(ArrayNode rows, ObjectNode details) {
        JsonNode figures = details.get("figures");
        int inputLen = figures.get("inputLen").asInt();
        int outputLen = figures.get("outputLen").asInt();
        ObjectNode row = null;
        for (JsonNode each : rows) {
            boolean same = each.get("inputLen").asInt() == inputLen;
            if (same && each.get("outputLen").asInt() == outputLen) {
                row = (ObjectNode) each;
            }
        }
        if (row == null) {
            row = rows.addObject().put("inputLen", inputLen).put("outputLen", outputLen);
            for (Workload workload : Workload.PUBLISHED) {
                if (workload.inputLen() == inputLen && workload.outputLen() == outputLen) {
                    row.put("publishedH200", workload.publishedH200());
                    row.put("publishedH100", workload.publishedH100());
                }
            }
            row.putObject("outputTokensPerSecond");
        }
        ((ObjectNode) row.get("outputTokensPerSecond"))
                .set(details.get("kind").asText(), details.get("outputTokensPerSecond"));
    }

    private ArrayNode timelines() {
        ArrayNode all = ResultFolder.JSON.createArrayNode();
        results.forEach(
                (name, result) -> {
                    if (name.startsWith(TIMELINE) && result.status() == Status.PASSED) {
                        all.add(timeline(result.details()));
                    }
                });
        return all;
    }

    /** Adds means over the steps; what is no device time of a step is the host's gap. */
    private static ObjectNode timeline(ObjectNode details) {
        ObjectNode node = details.deepCopy();
        double wall = mean(details.get("steps"), "wallMicros");
        double device = mean(details.get("steps"), "deviceMicros");
        node.put("wallMicros", wall).put("deviceMicros", device);
        node.put("hostMicros", mean(details.get("steps"), "hostMicros"));
        node.put("gapMicros", wall - device);
        double total = details.get("kernelMicros").asDouble();
        for (JsonNode kernel : node.get("kernels")) {
            double share = total == 0 ? 0 : kernel.get("micros").asDouble() / total;
            ((ObjectNode) kernel).put("share", share);
        }
        return node;
    }

    private static double mean(JsonNode steps, String field) {
        double sum = 0;
        for (JsonNode step : steps) {
            sum += step.get(field).asDouble();
        }
        return steps.isEmpty() ? 0 : sum / steps.size();
    }

    /** Writes gpu-bench.json and gpu-bench.html. */
    void write() throws IOException {
        folder.write(folder.path().resolve("gpu-bench.json"), report);
        Files.writeString(folder.path().resolve(TEMPLATE), html());
    }

    private String html() throws IOException {
        try (InputStream template = BenchReport.class.getResourceAsStream(TEMPLATE)) {
            String text = new String(template.readAllBytes(), StandardCharsets.UTF_8);
            Map<String, Object> values =
                    ResultFolder.JSON.convertValue(
                            report, new TypeReference<Map<String, Object>>() {});
            return Template.parse(text).render(values, new Limits(MOST_CHARS, () -> {}));
        }
    }

    /** Where everything is, and the throughput of the engine. */
    void print(PrintWriter out) {
        for (JsonNode row : report.get("engine")) {
            StringBuilder line = new StringBuilder();
            row.get("outputTokensPerSecond")
                    .properties()
                    .forEach(
                            kind ->
                                    line.append(
                                            String.format(
                                                    Locale.ROOT,
                                                    "  %s %,.0f",
                                                    kind.getKey(),
                                                    kind.getValue().asDouble())));
            out.printf(
                    Locale.ROOT,
                    "%d in, %d out, tokens/s%s:%s%n",
                    row.get("inputLen").asInt(),
                    row.get("outputLen").asInt(),
                    folder.device().real() ? "" : " of the emulator",
                    line);
        }
        String warning = report.get("warning").asText();
        if (!warning.isEmpty()) {
            out.println(warning);
        }
        out.println(folder.path().resolve(TEMPLATE));
        out.flush();
    }
}

package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.Locale;

/** What {@link InspectCommand} tells, for people. */
final class InspectText {
    private InspectText() {}

    static void print(JsonNode facts, PrintWriter out) {
        line(out, "model", facts.get("model").asText());
        line(out, "family", facts.get("family").asText());
        line(out, "parameters", count(facts.get("parameters").asLong()));
        line(out, "context", facts.get("contextTokens").asLong() + " tokens");
        line(out, "vocabulary", facts.get("vocabulary").asLong() + " tokens");
        line(out, "layers", facts.get("layers").asText());
        for (JsonNode each : facts.get("tensorClasses")) {
            line(
                    out,
                    each.get("class").asText(),
                    "%s in %d tensors, %s"
                            .formatted(
                                    each.get("types").asText(),
                                    each.get("tensors").asInt(),
                                    size(each.get("bytes").asLong())));
        }
        line(out, "weights in memory", size(facts.get("weightBytes").asLong()));
        line(
                out,
                "KV cache",
                "%,d bytes a token on a GPU, %,d on the CPU; at most %,d tokens a sequence"
                        .formatted(
                                facts.get("gpuKvBytesPerToken").asLong(),
                                facts.get("hostKvBytesPerToken").asLong(),
                                facts.get("kvTokensPerSequence").asLong()));
        fit(out, facts, "gpu", "fits a GPU of ");
        fit(out, facts, "host", "fits a host of ");
        line(out, "licence", orNone(facts.get("licence")));
        line(out, "chat template", orNone(facts.get("chatTemplateSha256")));
        line(out, "fingerprint", facts.get("fingerprint").asText());
    }

    private static void fit(PrintWriter out, JsonNode facts, String where, String label) {
        if (facts.has(where + "MemoryBytes")) {
            long tokens = facts.get(where + "MaxConcurrentTokens").asLong();
            line(
                    out,
                    label + size(facts.get(where + "MemoryBytes").asLong()),
                    tokens > 0
                            ? "yes, with %,d concurrent tokens".formatted(tokens)
                            : "no, the weights leave no room for keys and values");
        }
    }

    private static void line(PrintWriter out, String label, String value) {
        out.printf(Locale.ROOT, "%-22s %s%n", label, value);
    }

    private static String orNone(JsonNode value) {
        return value.isNull() ? "none stated" : value.asText();
    }

    private static String count(long number) {
        return number < 1_000_000_000
                ? String.format(Locale.ROOT, "%,d (%.1f million)", number, number / 1e6)
                : String.format(Locale.ROOT, "%,d (%.1f billion)", number, number / 1e9);
    }

    private static String size(long bytes) {
        return bytes < 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}

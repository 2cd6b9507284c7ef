package dev.millrace.engine.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * One JSON object a line.
 *
 * <p>Thread-safety: stateless.
 */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static String line(ObjectNode object) {
        try {
            return MAPPER.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Prints {@code object} in one line, or one line for each field, for people to read. */
    static void print(PrintWriter out, OutputFormat format, ObjectNode object) {
        if (format == OutputFormat.json) {
            out.println(line(object));
        } else {
            printTable(out, object);
        }
        out.flush();
    }

    private static void printTable(PrintWriter out, ObjectNode object) {
        object.properties()
                .forEach(
                        field ->
                                out.printf(
                                        Locale.ROOT,
                                        "%-24s %s%n",
                                        field.getKey(),
                                        text(field.getValue())));
    }

    private static String text(JsonNode value) {
        return value.isTextual()
                ? value.asText()
                : String.format(Locale.ROOT, "%,.2f", value.asDouble());
    }

    static ArrayNode array(TokenIds ids) {
        ArrayNode array = MAPPER.createArrayNode();
        for (int i = 0; i < ids.size(); i++) {
            array.add(ids.get(i));
        }
        return array;
    }

    /** For each token {@code {"tokenId", "logprob", "top": [...]}}; null stays null. */
    static ArrayNode array(List<TokenLogprob> logprobs) {
        ArrayNode array = MAPPER.createArrayNode();
        for (TokenLogprob logprob : logprobs) {
            if (logprob == null) {
                array.addNull();
            } else {
                array.add(object(logprob));
            }
        }
        return array;
    }

    private static ObjectNode object(TokenLogprob logprob) {
        ObjectNode node =
                object().put("tokenId", logprob.tokenId()).put("logprob", logprob.logprob());
        if (!logprob.top().isEmpty()) {
            node.set("top", array(logprob.top()));
        }
        return node;
    }
}

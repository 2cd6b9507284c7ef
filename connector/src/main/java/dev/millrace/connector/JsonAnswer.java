package dev.millrace.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.util.List;
import org.apache.avro.generic.GenericRecord;

/** Reads an answer as one JSON object. Errors name keys and types, never what the model wrote. */
final class JsonAnswer {
    private JsonAnswer() {}

    /**
     * Puts the fields' values into the record.
     *
     * @throws InvalidRequestException if the answer is no JSON object or a key does not fit
     */
    static void fill(List<JsonField> fields, String answer, GenericRecord record) {
        JsonNode object = parse(answer);
        for (JsonField field : fields) {
            record.put(field.name(), value(field, object));
        }
    }

    /** The answer's JSON object. */
    static JsonNode parse(String answer) {
        JsonNode node;
        try {
            node = StrictJson.read(answer);
        } catch (JsonProcessingException e) {
            int at = e.getLocation() == null ? 0 : (int) e.getLocation().getCharOffset();
            throw notJson("text of " + answer.length() + " characters, invalid at " + at);
        }
        if (!node.isObject()) {
            throw notJson(node.isMissingNode() ? "no text" : "a JSON " + node.getNodeType());
        }
        return node;
    }

    private static InvalidRequestException notJson(String given) {
        return new InvalidRequestException(
                new Problem(
                        RecordError.ANSWER_NOT_JSON,
                        "answer",
                        given,
                        "one JSON object",
                        "Check prompt and max-tokens, or take the answer as text"));
    }

    private static Object value(JsonField field, JsonNode object) {
        JsonNode node = object.path(field.name());
        if (field.optional() && (node.isNull() || node.isMissingNode())) {
            return null;
        }
        Object value = field.type().read(node);
        if (value == null) {
            throw new InvalidRequestException(
                    new Problem(
                            RecordError.ANSWER_KEY_MISMATCH,
                            "answer, key " + field.name(),
                            node.isMissingNode() ? "nothing" : "a JSON " + node.getNodeType(),
                            Names.of(field.type()),
                            "Check the prompt, or make the field optional with '?'"));
        }
        return value;
    }
}

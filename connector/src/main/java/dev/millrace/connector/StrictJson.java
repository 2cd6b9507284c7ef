package dev.millrace.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Reads one JSON value with nothing behind it; fractions keep all of their digits. */
public final class StrictJson {
    private static final ObjectReader READER =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .build()
                    .readerFor(JsonNode.class);

    private StrictJson() {}

    /**
     * The value; a missing node for no text.
     *
     * @throws JsonProcessingException if it is no JSON, or more than one value; it quotes the text
     */
    public static JsonNode read(String text) throws JsonProcessingException {
        return READER.readTree(text);
    }
}

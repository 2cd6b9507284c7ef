package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Utf8;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks a tokenizer.json before native code sees it. */
final class TokenizerJson {
    private static final int MAX_NESTING = 64;
    private static final ObjectMapper MAPPER =
            new ObjectMapper(
                    JsonFactory.builder()
                            .streamReadConstraints(
                                    StreamReadConstraints.builder()
                                            .maxNestingDepth(MAX_NESTING)
                                            .maxStringLength(HfTokenizer.MAX_BYTES)
                                            .build())
                            .build());

    private TokenizerJson() {}

    static byte[] readBytes(Path file) {
        try {
            long size = Files.size(file);
            if (size > HfTokenizer.MAX_BYTES) {
                throw notJson(
                        file.toString(),
                        size + " bytes",
                        "at most " + HfTokenizer.MAX_BYTES + " bytes",
                        null);
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw notJson(file.toString(), "an error: " + e, "a readable file", e);
        }
    }

    /**
     * Refuses what the library would take silently, or answer with a poor message; gives the bytes of each id, as {@link
     * Tokenizer#tokenBytes()}.
     */
    static byte[][] check(String where, byte[] json, int vocabSize) {
        JsonNode root = parse(where, json);
        TokenizerParts.check(where, root);
        int size = TokenizerVocabulary.check(where, root, vocabSize);
        return TokenAlphabet.read(root, size);
    }

    private static JsonNode parse(String where, byte[] json) {
        try {
            JsonNode root = MAPPER.readTree(Utf8.reader(json));
            if (root == null || !root.isObject()) {
                throw notJson(where, "JSON that is no object", "a JSON object", null);
            }
            return root;
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw notJson(
                    where,
                    "no JSON: line " + line + ": " + e.getOriginalMessage(),
                    "a JSON object nested at most " + MAX_NESTING + " deep",
                    e);
        } catch (IOException e) {
            throw notJson(where, "bytes that are no UTF-8", "a JSON object in UTF-8", e);
        }
    }

    private static InvalidModelException notJson(
            String where, String given, String allowed, Throwable cause) {
        return new InvalidModelException(
                new Problem(
                        TokenizerError.NOT_JSON,
                        where,
                        given,
                        allowed,
                        "Take tokenizer.json from the original checkpoint"),
                cause);
    }
}

package dev.millrace.engine.loader;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Utf8;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads small JSON files of a checkpoint, bounded in size and nesting. */
final class JsonFiles {
    private static final int MAX_NESTING = 32;
    private static final ObjectMapper MAPPER =
            new ObjectMapper(
                            JsonFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxNestingDepth(MAX_NESTING)
                                                    .build())
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonFiles() {}

    /** The object in {@code file}; {@code code} stands for everything that can be wrong with it. */
    static ConfigJson readObject(Path file, int maxBytes, ErrorCode code) {
        byte[] bytes = readBytes(file, maxBytes, code);
        try {
            JsonNode root = MAPPER.readTree(Utf8.reader(bytes));
            if (root == null || !root.isObject()) {
                throw refuse(code, file, "JSON that is no object", null);
            }
            return new ConfigJson(file.getFileName().toString(), root);
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            String given = "no JSON: line " + line + ": " + e.getOriginalMessage();
            throw refuse(code, file, given, e);
        } catch (IOException e) {
            throw refuse(code, file, "bytes that are no UTF-8", e);
        }
    }

    /** All of {@code file} as UTF-8 text. */
    static String readText(Path file, int maxBytes, ErrorCode code) {
        return new String(readBytes(file, maxBytes, code), StandardCharsets.UTF_8);
    }

    static byte[] readBytes(Path file, int maxBytes, ErrorCode code) {
        try {
            long size = Files.size(file);
            if (size > maxBytes) {
                throw refuse(code, file, size + " bytes; the limit is " + maxBytes, null);
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw refuse(code, file, "an error: " + e, e);
        }
    }

    private static RuntimeException refuse(
            ErrorCode code, Path file, String given, Throwable cause) {
        return Problems.refuse(
                code,
                file.toString(),
                given,
                "a readable JSON object",
                "Take the file from the original checkpoint",
                cause);
    }
}

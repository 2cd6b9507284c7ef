package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.FETCH_AGAIN;
import static dev.millrace.engine.loader.Problems.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the JSON header of a safetensors file, as strictly as the format's own library, and stricter about padding.
 * What the entries say is checked against the file by {@link SafetensorsFile}.
 */
final class SafetensorsHeader {
    private static final Logger LOG = LoggerFactory.getLogger(SafetensorsHeader.class);

    /** Largest header in bytes, the limit of the format's own library. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    /** Most tensors in one file. */
    static final int MAX_TENSORS = 1_000_000;

    private static final int MAX_NESTING = 8;
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(MAX_NESTING)
                                    .maxNameLength(MAX_HEADER_BYTES)
                                    .maxStringLength(MAX_HEADER_BYTES)
                                    .build())
                    .build();

    private final String where;
    private final byte[] header;
    private final List<SafetensorsEntry> entries = new ArrayList<>();
    private int unknownFields;

    private SafetensorsHeader(String where, byte[] header) {
        this.where = where;
        this.header = header;
    }

    /** The entries of {@code header}, in its order; {@code where} names the file in messages. */
    static List<SafetensorsEntry> parse(String where, byte[] header) {
        SafetensorsHeader parsed = new SafetensorsHeader(where, header);
        if (header[0] != '{') {
            throw parsed.refuse(
                    SafetensorsError.HEADER_START,
                    "a header beginning with byte 0x%02x".formatted(header[0]),
                    "'{'");
        }
        parsed.checkUtf8();
        parsed.parseObject();
        if (parsed.unknownFields > 0) {
            LOG.warn("{}: {} unknown fields of tensors are ignored", where, parsed.unknownFields);
        }
        return parsed.entries;
    }

    private void checkUtf8() {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer bytes = ByteBuffer.wrap(header);
        CharBuffer scratch = CharBuffer.allocate(8192);
        CoderResult result = CoderResult.OVERFLOW;
        while (result.isOverflow()) {
            scratch.clear();
            result = decoder.decode(bytes, scratch, true);
        }
        if (result.isError()) {
            throw refuse(
                    SafetensorsError.HEADER_UTF8,
                    "bytes that are no UTF-8 at byte " + (8 + bytes.position()),
                    "a UTF-8 header");
        }
        // The parser would take it for a wider encoding, whose places are not bytes of the file.
        if (header.length > 1 && header[1] == 0) {
            throw refuse(SafetensorsError.HEADER_JSON, "a zero byte behind the first '{'", "JSON");
        }
    }

    private void parseObject() {
        try (JsonParser json = JSON.createParser(header)) {
            json.nextToken();
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                if ("__metadata__".equals(name)) {
                    checkMetadata(json);
                } else {
                    addEntry(name, json);
                }
            }
            checkPadding((int) json.currentLocation().getByteOffset());
        } catch (JsonProcessingException e) {
            throw invalidJson(e);
        } catch (IOException e) {
            throw refuse(
                    SafetensorsError.HEADER_JSON, "invalid JSON (" + e.getMessage() + ")", "JSON");
        }
    }

    private void addEntry(String name, JsonParser json) throws IOException {
        if (entries.size() == MAX_TENSORS) {
            throw refuse(
                    SafetensorsError.TOO_MANY_TENSORS,
                    "more than " + MAX_TENSORS + " tensors",
                    "at most " + MAX_TENSORS);
        }
        entries.add(SafetensorsEntryReader.read(where, name, json, () -> unknownFields++));
    }

    private void checkMetadata(JsonParser json) throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw refuse(
                    SafetensorsError.METADATA,
                    "__metadata__ as " + json.currentToken(),
                    "an object");
        }
        while (json.nextToken() != JsonToken.END_OBJECT) {
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw refuse(
                        SafetensorsError.METADATA,
                        "__metadata__ entry " + quote(json.currentName()) + " that is no text",
                        "texts only");
            }
        }
    }

    private void checkPadding(int end) {
        for (int i = end; i < header.length; i++) {
            if (header[i] != ' ') {
                throw refuse(
                        SafetensorsError.HEADER_PADDING,
                        "byte 0x%02x at byte %d, after the header's JSON"
                                .formatted(header[i], 8 + i),
                        "spaces only");
            }
        }
    }

    private RuntimeException invalidJson(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        if (message.startsWith("Duplicate field")) {
            return refuse(SafetensorsError.DUPLICATE_KEY, message, "each name once");
        }
        long at = e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
        return refuse(
                SafetensorsError.HEADER_JSON,
                "invalid JSON near byte " + (8 + Math.max(at, 0)) + " (" + message + ")",
                "a JSON object nested at most " + MAX_NESTING + " deep");
    }

    private RuntimeException refuse(SafetensorsError code, String given, String allowed) {
        return Problems.refuse(code, where, given, allowed, FETCH_AGAIN);
    }
}

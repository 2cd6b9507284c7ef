package dev.millrace.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bytes that each token of a tokenizer.json stands for inside a text: by the printable alphabet of byte-level BPE, or by
 * SentencePiece's marks for spaces and single bytes.
 */
final class TokenAlphabet {
    private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");
    private static final char SPACE = '\u2581';

    private final JsonNode root;
    private final boolean byteLevel;
    private final Map<Integer, Integer> values = new HashMap<>();

    private TokenAlphabet(JsonNode root) {
        this.root = root;
        this.byteLevel = root.path("decoder").toString().contains("\"ByteLevel\"");
        for (int value = 0; value < 256; value++) {
            values.put(ByteAlphabet.of(value).codePointAt(0), value);
        }
    }

    /** By id; null for special tokens and for ids without a token. */
    static byte[][] read(JsonNode root, int vocabSize) {
        return new TokenAlphabet(root).bytes(vocabSize);
    }

    private byte[][] bytes(int vocabSize) {
        byte[][] bytes = new byte[vocabSize][];
        JsonNode vocab = root.path("model").path("vocab");
        if (vocab.isArray()) {
            for (int id = 0; id < vocab.size(); id++) {
                bytes[id] = of(vocab.get(id).path(0).asText());
            }
        } else {
            vocab.properties().forEach(e -> bytes[e.getValue().intValue()] = of(e.getKey()));
        }
        for (JsonNode added : root.path("added_tokens")) {
            // Not written in the alphabet: an added token is matched in the text as it is.
            bytes[added.path("id").intValue()] =
                    added.path("special").asBoolean()
                            ? null
                            : added.path("content").asText().getBytes(StandardCharsets.UTF_8);
        }
        return bytes;
    }

    private byte[] of(String token) {
        if (!byteLevel) {
            Matcher single = BYTE.matcher(token);
            return single.matches()
                    ? new byte[] {(byte) Integer.parseInt(single.group(1), 16)}
                    : token.replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length());
        for (int codePoint : token.codePoints().toArray()) {
            Integer value = values.get(codePoint);
            if (value == null) {
                return null;
            }
            bytes.write(value);
        }
        return bytes.toByteArray();
    }
}

package dev.millrace.engine;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;

/** Text that files hold as UTF-8 and nothing else; a JSON parser left to itself would guess at the encoding. */
public final class Utf8 {
    private Utf8() {}

    /** Reads {@code bytes}; a malformed one is a {@link java.nio.charset.CharacterCodingException}. */
    public static Reader reader(byte[] bytes) {
        return new InputStreamReader(
                new ByteArrayInputStream(bytes), StandardCharsets.UTF_8.newDecoder());
    }
}

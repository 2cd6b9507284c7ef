package dev.millrace.engine.tokenizer;

import java.util.Arrays;

/**
 * Turns token ids into text as they come, and never gives half a code point: what may still change is held back, so the
 * pieces, joined, are the text of all ids.
 *
 * <p>Decodes only a short window of the latest tokens. A window begins where a decoded text ended on a whole code point;
 * it keeps one more token than it needs, because some decoders strip the space in front of their first token.
 *
 * <p>Thread-safety: one thread at a time.
 */
public final class StreamingDetokenizer {
    private static final char REPLACEMENT = '\ufffd';

    // At most three bytes of a code point are out when its last one is missing, each shown as one
    // U+FFFD at worst.
    private static final int MAX_UNSETTLED = 3;
    private static final int LONG_WINDOW = 32;

    private final Tokenizer tokenizer;
    private int[] ids = new int[64];
    private int size;

    /** The window is {@code ids[start .. size)}; of its text, {@code given} characters were given out. */
    private int start;

    private int given;

    /** Where the window's text last ended on a whole code point. */
    private int settled;

    private int longWindow = LONG_WINDOW;

    public StreamingDetokenizer(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Takes one more token; gives the text that is now certain, often empty. */
    public String append(int tokenId) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size] = tokenId;
        size++;
        String text = tokenizer.decode(ids, start, size);
        int certain = text.length() - unsettled(text);
        String piece = certain > given ? text.substring(given, certain) : "";
        given = Math.max(given, certain);
        if (certain == text.length() && certain > 0) {
            moveWindow();
        } else if (size - start > longWindow) {
            splitWindow(text);
        }
        return piece;
    }

    /** Gives the rest, with U+FFFD for a code point that stayed incomplete. */
    public String finish() {
        String text = tokenizer.decode(ids, start, size);
        String piece = text.substring(Math.min(given, text.length()));
        given = text.length();
        return piece;
    }

    private static int unsettled(String text) {
        int count = 0;
        int last = text.length() - 1;
        while (count < MAX_UNSETTLED
                && last - count >= 0
                && text.charAt(last - count) == REPLACEMENT) {
            count++;
        }
        return count;
    }

    /** All text so far is certain: the next window begins at the previous such place, if it says anything. */
    private void moveWindow() {
        String latest = tokenizer.decode(ids, settled, size);
        if (settled > start && !latest.isEmpty()) {
            start = settled;
            given = latest.length();
        }
        settled = size;
        longWindow = LONG_WINDOW;
    }

    /** Bytes that never make a code point: cuts the window where the cut does not show. */
    private void splitWindow(String text) {
        for (int cut = size - MAX_UNSETTLED - 1; cut > start; cut--) {
            String head = tokenizer.decode(ids, start, cut);
            String tail = tokenizer.decode(ids, cut, size);
            if (text.equals(head + tail) && head.length() <= given) {
                start = cut;
                settled = cut;
                given -= head.length();
                longWindow = LONG_WINDOW;
                return;
            }
        }
        longWindow *= 2;
    }
}

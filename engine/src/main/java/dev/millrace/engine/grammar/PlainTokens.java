package dev.millrace.engine.grammar;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The tokens that are plain text inside of a JSON string: whole code points, none of them a quote, a backslash or a control
 * character. All of them may follow inside of most strings, so they are known once for a vocabulary, by their length, and only
 * the rest is looked for in a tree.
 *
 * <p>Source of the idea: the slices of llguidance (guidance-ai).
 *
 * <p>Thread-safety: immutable.
 */
final class PlainTokens {
    /** Bits of the tokens of up to as many code points as the index. */
    private final int[][] upTo;

    private final int[] counts;
    private final TokenTrie rest;

    PlainTokens(TokenBytes vocabulary, int longest) {
        int[] lengths = new int[vocabulary.size()];
        upTo = new int[longest + 1][(vocabulary.width() + 31) >>> 5];
        counts = new int[longest + 1];
        for (int id = 0; id < lengths.length; id++) {
            lengths[id] = codePoints(vocabulary.of(id));
            for (int length = Math.max(1, lengths[id]);
                    lengths[id] > 0 && length <= longest;
                    length++) {
                upTo[length][id >> 5] |= 1 << (id & 31);
                counts[length]++;
            }
        }
        rest = new TokenTrie(vocabulary, id -> lengths[id] == 0);
    }

    /** 0 if the token is not plain. */
    private static int codePoints(byte[] token) {
        if (token == null) {
            return 0;
        }
        for (byte value : token) {
            if (value == '"' || value == '\\' || (value >= 0 && value < ' ')) {
                return 0;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(token))
                    .codePoints()
                    .map(codePoint -> 1)
                    .sum();
        } catch (CharacterCodingException e) {
            return 0;
        }
    }

    /** Code points of the longest token, and more. */
    int longest() {
        return upTo.length - 1;
    }

    /** Bits of the plain tokens of at most {@code codePoints} code points; not to be changed. */
    int[] upTo(int codePoints) {
        return upTo[Math.min(codePoints, longest())];
    }

    int count(int codePoints) {
        return counts[Math.min(codePoints, longest())];
    }

    /** The other tokens. */
    TokenTrie rest() {
        return rest;
    }
}

package dev.millrace.engine.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Answers of models that know nothing, under a grammar. */
final class Walks {
    private Walks() {}

    /** All single bytes, and pieces that span fields, split code points, or occur twice. */
    static TokenBytes vocabulary() {
        List<byte[]> tokens = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            tokens.add(new byte[] {(byte) value});
        }
        for (String text :
                List.of(
                        "\":",
                        "\",\"",
                        "\": \"",
                        "{\"",
                        "\"}",
                        "},{",
                        "}}",
                        "]}",
                        "[{\"",
                        "[\"",
                        "true",
                        "false",
                        "null",
                        "tru",
                        "e,",
                        "12",
                        "123",
                        "0.",
                        ".5",
                        "-1",
                        "1e5",
                        "00",
                        "name",
                        "na",
                        "me\"",
                        "the",
                        " the",
                        "  ",
                        "\n\n",
                        "\\\"",
                        "\\n",
                        "ab",
                        "é",
                        "日本",
                        "😀",
                        ", ",
                        ": ",
                        "[]",
                        "{}",
                        "\"\"",
                        "2024-",
                        "-02-29",
                        "aaaaaaaa",
                        "1234567890123456789012345",
                        "name",
                        "\":true",
                        "],\"")) {
            tokens.add(text.getBytes(StandardCharsets.UTF_8));
        }
        tokens.add(new byte[] {(byte) 0xf0, (byte) 0x9f});
        tokens.add(new byte[] {(byte) 0x98, (byte) 0x80, '"'});
        tokens.add(null);
        return new TokenBytes(tokens.toArray(new byte[0][]), tokens.size() + 5);
    }

    /** Chooses among allowed tokens. */
    interface Chooser {
        int choose(List<Integer> allowed, RandomGenerator random, TokenBytes vocabulary);
    }

    /** The answer's bytes, ended by the model or by the grammar within {@code maxTokens}. */
    static String answer(
            TokenBytes vocabulary,
            Configurations configurations,
            TokenMasks masks,
            int maxTokens,
            double endProbability,
            Chooser chooser,
            RandomGenerator random) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        Configuration at = configurations.start();
        for (int left = maxTokens; ; left--) {
            if (at.complete() || (at.accepting() && random.nextDouble() < endProbability)) {
                break;
            }
            TokenMask mask = masks.mask(at, left);
            List<Integer> allowed = new ArrayList<>();
            for (int id = 0; id < vocabulary.size(); id++) {
                if (mask.allows(id)) {
                    allowed.add(id);
                }
            }
            if (allowed.isEmpty()) {
                if (at.accepting()) {
                    break;
                }
                throw new AssertionError("no token may follow " + answer + ", " + left + " left");
            }
            byte[] token = vocabulary.of(chooser.choose(allowed, random, vocabulary));
            answer.writeBytes(token);
            for (byte value : token) {
                at = configurations.step(at, value & 0xff);
            }
        }
        return answer.toString(StandardCharsets.UTF_8);
    }
}

package dev.millrace.engine.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** What a model wants: the token with the largest value that the mask leaves is taken. */
    interface Model {
        /**
         * The value of a token, or of the answer's end.
         *
         * @param token its bytes; none for the end
         * @param allowed what the mask says, which an adversary may use and nothing else
         */
        double logit(byte[] token, boolean allowed, RandomGenerator random);
    }

    private static final byte[] END = {};

    /** Models that know no form, and some that work against it. */
    static Map<String, Model> models() {
        Map<String, Model> models = new LinkedHashMap<>();
        models.put("greedy", (token, allowed, random) -> Arrays.hashCode(token) * 0x9e3779b9);
        models.put("sampled", (token, allowed, random) -> gumbel(random) - 0.3 * token.length);
        models.put("uniform", (token, allowed, random) -> random.nextDouble());
        models.put(
                "prefers illegal tokens",
                (token, allowed, random) ->
                        (allowed ? 0 : 1_000) + random.nextInt(3) + token.length);
        models.put(
                "never stops",
                (token, allowed, random) ->
                        (token == END ? -2_000 : 0)
                                - (token.length > 0 && "]}\"".indexOf(token[0]) >= 0 ? 1_000 : 0)
                                + random.nextInt(4));
        models.put("opens levels", (token, allowed, random) -> levels(token) + random.nextDouble());
        return models;
    }

    private static double gumbel(RandomGenerator random) {
        return -Math.log(-Math.log(random.nextDouble() + 1e-12));
    }

    private static int levels(byte[] token) {
        int levels = token == END ? -9 : 0;
        for (byte value : token) {
            levels += value == '[' || value == '{' ? 1 : value == ']' || value == '}' ? -1 : 0;
        }
        return levels;
    }

    /** The answer, ended by the model or by the grammar within {@code maxTokens}. */
    static String answer(
            Grammar grammar,
            TokenBytes vocabulary,
            int maxTokens,
            Model model,
            RandomGenerator random) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        GrammarState state = grammar.start();
        for (int left = maxTokens; !state.complete(); left--) {
            TokenMask mask = state.mask(left);
            int best = choose(vocabulary, mask, state.mayEnd(), model, random);
            if (best == vocabulary.size()) {
                break;
            }
            if (best < 0 || !state.accept(best)) {
                throw new AssertionError("no token may follow " + answer + ", " + left + " left");
            }
            answer.writeBytes(vocabulary.of(best));
        }
        return decode(answer.toByteArray());
    }

    private static String decode(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("no UTF-8: " + Arrays.toString(bytes), e);
        }
    }

    /** The allowed token that the model wants most; the vocabulary's size for the end, -1 if there is none. */
    private static int choose(
            TokenBytes vocabulary,
            TokenMask mask,
            boolean mayEnd,
            Model model,
            RandomGenerator random) {
        int best = mayEnd ? vocabulary.size() : -1;
        double most = mayEnd ? model.logit(END, true, random) : Double.NEGATIVE_INFINITY;
        for (int id = 0; id < vocabulary.size(); id++) {
            if (vocabulary.of(id) != null) {
                boolean allowed = mask.allows(id);
                double logit = model.logit(vocabulary.of(id), allowed, random);
                if (allowed && logit > most) {
                    most = logit;
                    best = id;
                }
            }
        }
        return best;
    }
}

package dev.millrace.engine.grammar;

import dev.millrace.engine.AnswerFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Answers that the grammar of a schema lets through, of models that know nothing or want what is odd; for the tests of other modules. */
public final class RandomAnswers {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();
    private static final List<Walks.Model> MODELS =
            List.of(
                    (token, allowed, random) -> random.nextDouble(),
                    // Long texts: as little syntax as is allowed.
                    (token, allowed, random) -> token.length + 4 * random.nextDouble(),
                    // Extremes: many nines, then many zeros.
                    (token, allowed, random) -> wanted(token, '9') + random.nextDouble(),
                    (token, allowed, random) -> wanted(token, '0') + random.nextDouble());

    private RandomAnswers() {}

    /**
     * Complete answers.
     *
     * @param maxTokens each has at most so many tokens; more than the shortest answer has bytes
     * @throws GrammarException if the schema cannot be enforced
     */
    public static List<String> of(String schema, int count, int maxTokens, RandomGenerator random) {
        Grammar grammar = new Grammars(() -> VOCABULARY).of(new AnswerFormat.JsonSchema(schema));
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Walks.Model model = MODELS.get(i % MODELS.size());
            answers.add(Walks.answer(grammar, VOCABULARY, maxTokens, model, random));
        }
        return answers;
    }

    private static int wanted(byte[] token, char only) {
        return token.length == 1 && token[0] == only ? 1 : 0;
    }
}

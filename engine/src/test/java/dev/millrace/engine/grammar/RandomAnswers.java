package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/** Answers that the grammar of a schema lets through, of models that know nothing or want what is odd; for the tests of other modules. */
public final class RandomAnswers {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();
    private static final TokenTrie TRIE = new TokenTrie(VOCABULARY);
    private static final List<Walks.Chooser> CHOOSERS =
            List.of(
                    (allowed, random, vocabulary) -> allowed.get(random.nextInt(allowed.size())),
                    // Long texts: as little syntax as is allowed.
                    (allowed, random, vocabulary) -> longest(allowed, random, vocabulary),
                    // Extremes: many nines, then many zeros.
                    (allowed, random, vocabulary) -> first(allowed, '9', random),
                    (allowed, random, vocabulary) -> first(allowed, '0', random));

    private RandomAnswers() {}

    /**
     * Complete answers.
     *
     * @param maxTokens each has at most so many tokens; more than the shortest answer has bytes
     * @throws GrammarException if the schema cannot be enforced
     */
    public static List<String> of(String schema, int count, int maxTokens, RandomGenerator random) {
        Rule rule = SchemaCompiler.compile(schema, new Lexemes(VOCABULARY.single()));
        Configurations configurations = new Configurations(rule);
        TokenMasks masks = new TokenMasks(configurations, TRIE, VOCABULARY.width());
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answers.add(
                    Walks.answer(
                            VOCABULARY,
                            configurations,
                            masks,
                            maxTokens,
                            random.nextDouble(),
                            CHOOSERS.get(i % CHOOSERS.size()),
                            random));
        }
        return answers;
    }

    private static int longest(
            List<Integer> allowed, RandomGenerator random, TokenBytes vocabulary) {
        return random.nextInt(4) == 0
                ? allowed.get(random.nextInt(allowed.size()))
                : allowed.stream()
                        .max(Comparator.comparingInt(id -> vocabulary.of(id).length))
                        .orElseThrow();
    }

    private static int first(List<Integer> allowed, int wanted, RandomGenerator random) {
        return allowed.contains(wanted) ? wanted : allowed.get(random.nextInt(allowed.size()));
    }
}

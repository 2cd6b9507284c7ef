package dev.millrace.engine.grammar;

import dev.millrace.engine.AnswerFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Times of forms on one thread: until the first mask, and of each further mask of answers drawn at random from what is allowed.
 * docs/benchmarks/grammar.md has results.
 *
 * <p>Arguments: a file of ranks ({@code *.tiktoken}), how many of them make the vocabulary, and a file to write the schemas and
 * answers to, for peers to repeat.
 */
public final class GrammarBenchmark {
    private static final int ANSWERS = 3;
    private static final int SPARE_TOKENS = 40;

    private GrammarBenchmark() {}

    /** Prints percentiles in microseconds. */
    public static void main(String[] arguments) throws IOException {
        TokenBytes vocabulary = vocabulary(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        long start = System.nanoTime();
        Grammars grammars = new Grammars(() -> vocabulary);
        grammars.of(new AnswerFormat.Choice(List.of("a")));
        System.out.printf("vocabulary ready in %d ms%n", (System.nanoTime() - start) / 1_000_000);
        // The first pass warms the virtual machine; each has grammars of its own.
        run(new Grammars(() -> vocabulary), vocabulary, new ArrayList<>(), false);
        List<String> answers = new ArrayList<>();
        run(grammars, vocabulary, answers, true);
        Files.write(Path.of(arguments[2]), answers);
    }

    private static TokenBytes vocabulary(Path ranks, int size) throws IOException {
        byte[][] tokens = new byte[size][];
        for (String line : Files.readAllLines(ranks)) {
            String[] parts = line.split(" ", 2);
            int rank = Integer.parseInt(parts[1]);
            if (rank < size) {
                tokens[rank] = Base64.getDecoder().decode(parts[0]);
            }
        }
        return new TokenBytes(tokens, size);
    }

    private static void run(
            Grammars grammars, TokenBytes vocabulary, List<String> answers, boolean print) {
        List<Long> first = new ArrayList<>();
        List<Long> masks = new ArrayList<>();
        List<Long> steps = new ArrayList<>();
        for (String schema : SchemaCorpus.written()) {
            long start = System.nanoTime();
            Grammar grammar = grammars.of(new AnswerFormat.JsonSchema(schema));
            grammar.start().mask(1_000_000);
            first.add(System.nanoTime() - start);
            for (int i = 0; i < ANSWERS; i++) {
                StringBuilder ids = new StringBuilder();
                walk(grammar, vocabulary, new SplittableRandom(i), masks, steps, ids);
                answers.add(schema + "\t" + ids);
            }
        }
        if (print) {
            report("first mask, with the schema's compilation", first);
            report("mask", masks);
            report("token taken", steps);
        }
    }

    private static void walk(
            Grammar grammar,
            TokenBytes vocabulary,
            SplittableRandom random,
            List<Long> masks,
            List<Long> steps,
            StringBuilder ids) {
        GrammarState state = grammar.start();
        int left = grammar.sufficientTokens() + SPARE_TOKENS;
        while (!state.complete() && left > 1) {
            long start = System.nanoTime();
            TokenMask mask = state.mask(left);
            masks.add(System.nanoTime() - start);
            if (mask.count() == 0 || (state.mayEnd() && random.nextInt(3) == 0)) {
                return;
            }
            int id = draw(mask, vocabulary, random);
            start = System.nanoTime();
            state.accept(id);
            steps.add(System.nanoTime() - start);
            ids.append(ids.isEmpty() ? "" : " ").append(id);
            left--;
        }
    }

    /** One of the allowed tokens, each as likely as the others. */
    private static int draw(TokenMask mask, TokenBytes vocabulary, SplittableRandom random) {
        int chosen = random.nextInt(mask.count());
        for (int id = 0; id < vocabulary.size(); id++) {
            if (mask.allows(id) && chosen-- == 0) {
                return id;
            }
        }
        throw new IllegalStateException("a mask with another count");
    }

    private static void report(String what, List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                "%s: n %d, p50 %.1f, p99 %.1f, p99.9 %.1f, max %.1f, mean %.1f us%n",
                what,
                sorted.length,
                at(sorted, 0.5),
                at(sorted, 0.99),
                at(sorted, 0.999),
                at(sorted, 1),
                Arrays.stream(sorted).average().orElse(0) / 1e3);
    }

    private static double at(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, share * sorted.length)] / 1e3;
    }
}

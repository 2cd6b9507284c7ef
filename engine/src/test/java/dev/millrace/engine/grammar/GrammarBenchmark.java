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
 * <p>Each pass sees the schemas for the first time: with tables of its own, and with a vocabulary that has another byte fewer, so
 * that what the process keeps (automata of numbers, formats) is not found. The first pass is that of a new process; the second one
 * warms the virtual machine and is not printed; of the others all times are put together.
 *
 * <p>Arguments: a file of ranks ({@code *.tiktoken}), how many of them make the vocabulary, and a file to write the schemas and
 * answers to, for peers to repeat.
 */
public final class GrammarBenchmark {
    /** The one schema before, with something of each kind, so that what reads schemas is loaded. */
    private static final AnswerFormat BEFORE =
            new AnswerFormat.JsonSchema(
                    """
                    {"type": "object", "required": ["text"], "additionalProperties": {"type": "boolean"}, "properties": {
                      "text": {"type": "string", "maxLength": 9}, "pattern": {"type": "string", "pattern": "^[a-z]{2}$"},
                      "format": {"type": "string", "format": "email"}, "number": {"type": "number", "minimum": 0},
                      "integer": {"type": "integer", "maximum": 9}, "list": {"type": "array", "items": {"enum": ["a", 1]}},
                      "either": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}}}
                    """);

    private static final int PASSES = 6;
    private static final int ANSWERS = 3;
    private static final int SPARE_TOKENS = 40;

    private GrammarBenchmark() {}

    /** Times in nanoseconds. */
    private record Times(List<Long> first, List<Long> masks, List<Long> tokens) {
        Times() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }

        void print(String name) {
            System.out.println(name);
            report("first mask, with the schema's compilation", first);
            report("mask", masks);
            report("token taken", tokens);
        }
    }

    /** Prints percentiles in microseconds. */
    public static void main(String[] arguments) throws IOException {
        byte[][] tokens = tokens(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        List<String> common = SchemaCorpus.common();
        List<String> all = SchemaCorpus.written();
        List<String> hard = all.subList(common.size(), all.size());
        Times warmCommon = new Times();
        Times warmHard = new Times();
        List<String> answers = new ArrayList<>();
        for (int pass = 0; pass < PASSES; pass++) {
            TokenBytes vocabulary = without(tokens, pass + 1);
            long start = System.nanoTime();
            Grammars grammars = new Grammars(() -> vocabulary);
            grammars.of(BEFORE).start().mask(Integer.MAX_VALUE);
            if (pass == 0) {
                System.out.printf(
                        "forms prepared in %d ms%n", (System.nanoTime() - start) / 1_000_000);
            }
            answers.clear();
            Times commonTimes = pass > 1 ? warmCommon : new Times();
            Times hardTimes = pass > 1 ? warmHard : new Times();
            run(grammars, vocabulary, "common", common, commonTimes, answers);
            run(grammars, vocabulary, "hard", hard, hardTimes, answers);
            if (pass == 0) {
                commonTimes.print("common schemas, new process");
                hardTimes.print("hard schemas, new process");
            }
        }
        warmCommon.print("common schemas");
        warmHard.print("hard schemas");
        Files.write(Path.of(arguments[2]), answers);
    }

    private static byte[][] tokens(Path ranks, int size) throws IOException {
        byte[][] tokens = new byte[size][];
        for (String line : Files.readAllLines(ranks)) {
            String[] parts = line.split(" ", 2);
            int rank = Integer.parseInt(parts[1]);
            if (rank < size) {
                tokens[rank] = Base64.getDecoder().decode(parts[0]);
            }
        }
        return tokens;
    }

    /** The vocabulary without a control character, which no answer has. */
    private static TokenBytes without(byte[][] tokens, int control) {
        byte[][] fewer = tokens.clone();
        for (int id = 0; id < fewer.length; id++) {
            if (fewer[id].length == 1 && fewer[id][0] == control) {
                fewer[id] = null;
            }
        }
        return new TokenBytes(fewer, fewer.length);
    }

    private static void run(
            Grammars grammars,
            TokenBytes vocabulary,
            String name,
            List<String> schemas,
            Times times,
            List<String> answers) {
        for (String schema : schemas) {
            long start = System.nanoTime();
            Grammar grammar = grammars.of(new AnswerFormat.JsonSchema(schema));
            grammar.start().mask(1_000_000);
            times.first.add(System.nanoTime() - start);
            for (int i = 0; i < ANSWERS; i++) {
                StringBuilder ids = new StringBuilder();
                walk(grammar, vocabulary, new SplittableRandom(i), times.masks, times.tokens, ids);
                answers.add(name + "\t" + schema + "\t" + ids);
            }
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

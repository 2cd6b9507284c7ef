package dev.millrace.engine.cli;

import dev.millrace.engine.Prompt;
import dev.millrace.engine.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import picocli.CommandLine.Option;

/** The random prompts that benchmarks submit, all of one length. */
final class BenchPrompts {
    @Option(
            names = "--requests",
            paramLabel = "N",
            description = "Requests (default: ${DEFAULT-VALUE}).")
    private int requests = 128;

    @Option(
            names = "--warmup-requests",
            paramLabel = "N",
            description = "Requests of the warm-up (default: ${DEFAULT-VALUE}).")
    private int warmupRequests = 16;

    @Option(
            names = "--input-len",
            paramLabel = "N",
            description = "Tokens of a prompt (default: ${DEFAULT-VALUE}).")
    private int inputLen = 128;

    @Option(
            names = "--shared-prefix-len",
            paramLabel = "N",
            description = "First tokens that all prompts share (default: ${DEFAULT-VALUE}).")
    private int sharedPrefixLen;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the random prompts (default: ${DEFAULT-VALUE}).")
    private long seed = 1;

    SplittableRandom random() {
        return new SplittableRandom(seed);
    }

    /** Prompts of the warm-up. */
    List<Prompt> warmup(int vocabSize, SplittableRandom random) {
        return prompts(warmupRequests, vocabSize, random);
    }

    /** Prompts that are measured; they share nothing with those before. */
    List<Prompt> measured(int vocabSize, SplittableRandom random) {
        return prompts(requests, vocabSize, random);
    }

    private List<Prompt> prompts(int count, int vocabSize, SplittableRandom random) {
        int[] shared = random.ints(Math.min(sharedPrefixLen, inputLen), 0, vocabSize).toArray();
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(inputLen, 0, vocabSize).toArray();
            System.arraycopy(shared, 0, ids, 0, shared.length);
            prompts.add(new Prompt.Tokens(TokenIds.of(ids)));
        }
        return prompts;
    }
}

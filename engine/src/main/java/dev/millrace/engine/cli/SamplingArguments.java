package dev.millrace.engine.cli;

import dev.millrace.engine.SamplingParams;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Sampling parameters of the command line. */
final class SamplingArguments {

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Most tokens of an answer (default: ${DEFAULT-VALUE}).")
    private int maxTokens = SamplingParams.DEFAULT_MAX_TOKENS;

    @Option(
            names = "--min-tokens",
            paramLabel = "N",
            description = "Fewest tokens of an answer (default: ${DEFAULT-VALUE}).")
    private int minTokens;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            description = "0 is greedy (default: ${DEFAULT-VALUE}).")
    private float temperature = 1;

    @Option(
            names = "--top-p",
            paramLabel = "X",
            description = "Keep the most likely tokens up to this probability.")
    private float topP = 1;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "Keep this many most likely tokens; 0 is off.")
    private int topK;

    @Option(
            names = "--min-p",
            paramLabel = "X",
            description = "Keep tokens at least this many times as likely as the best.")
    private float minP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            description = "Above 1 discourages tokens seen so far.")
    private float repetitionPenalty = 1;

    @Option(
            names = "--presence-penalty",
            paramLabel = "X",
            description = "Subtracted from tokens of the answer.")
    private float presencePenalty;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "X",
            description = "Subtracted for each use in the answer.")
    private float frequencyPenalty;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Same seed, same answer (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "Ends the answer; may be repeated.")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = "--stop-token-ids",
            split = ",",
            paramLabel = "ID",
            description = "Tokens that end the answer.")
    private Set<Integer> stopTokenIds = Set.of();

    @Option(names = "--ignore-eos", description = "Go on past the model's own end token.")
    private boolean ignoreEos;

    @Option(
            names = "--n",
            paramLabel = "N",
            description = "Answers for each prompt (default: ${DEFAULT-VALUE}).")
    private int n = 1;

    @Option(
            names = "--logprobs",
            paramLabel = "N",
            arity = "0..1",
            fallbackValue = "0",
            description =
                    "Report log-probabilities, with the N most likely tokens at each position.")
    private int logprobs = -1;

    @Option(
            names = "--logit-bias",
            split = ",",
            paramLabel = "ID=X",
            description = "Added to a token's logit.")
    private Map<Integer, Float> logitBias = new LinkedHashMap<>();

    @Option(
            names = "--allowed-token-ids",
            split = ",",
            paramLabel = "ID",
            description = "Only these tokens may be chosen.")
    private Set<Integer> allowedTokenIds = Set.of();

    @ArgGroup private FormatArguments format;

    SamplingParams params() {
        return SamplingParams.builder()
                .maxTokens(maxTokens)
                .minTokens(minTokens)
                .temperature(temperature)
                .topP(topP)
                .topK(topK)
                .minP(minP)
                .repetitionPenalty(repetitionPenalty)
                .presencePenalty(presencePenalty)
                .frequencyPenalty(frequencyPenalty)
                .seed(seed)
                .stop(stop)
                .stopTokenIds(stopTokenIds)
                .ignoreEos(ignoreEos)
                .n(n)
                .logprobs(logprobs)
                .logitBias(logitBias)
                .allowedTokenIds(allowedTokenIds)
                .format(format == null ? null : format.format())
                .build();
    }
}

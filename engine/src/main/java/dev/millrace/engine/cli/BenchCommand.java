package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.EngineStats;
import dev.millrace.engine.Generation;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.TokenIds;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures throughput with random prompts of one length and answers of one length, all submitted at once. */
@Command(
        name = "bench",
        description =
                "Measures throughput with random prompts, all submitted at once, greedy, end tokens ignored.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A warm-up run with prompts of its own goes first and is not counted. With --output json: requests,",
            "outputTokensPerSecond, totalTokensPerSecond, elapsedSeconds, peakRssBytes, kvWastePercent, prefixHitRate,",
            "preemptions, engineOverheadPercent (time of the steps outside the model), device (with the instruction",
            "family and the precision on a CPU)."
        })
public final class BenchCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

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
            names = "--output-len",
            paramLabel = "N",
            description = "Tokens of an answer (default: ${DEFAULT-VALUE}).")
    private int outputLen = 64;

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

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        try (LlmEngine engine = engineArguments.load()) {
            SplittableRandom random = new SplittableRandom(seed);
            measure(engine, prompts(warmupRequests, engine.vocabSize(), random));
            ObjectNode result = measure(engine, prompts(requests, engine.vocabSize(), random));
            result.put("device", engine.device());
            print(result);
        }
        return ExitCodes.OK;
    }

    private List<TokenIds> prompts(int count, int vocabSize, SplittableRandom random) {
        int[] shared = random.ints(Math.min(sharedPrefixLen, inputLen), 0, vocabSize).toArray();
        List<TokenIds> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] ids = random.ints(inputLen, 0, vocabSize).toArray();
            System.arraycopy(shared, 0, ids, 0, shared.length);
            prompts.add(TokenIds.of(ids));
        }
        return prompts;
    }

    private ObjectNode measure(LlmEngine engine, List<TokenIds> prompts)
            throws InterruptedException, ExecutionException {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(outputLen)
                        .ignoreEos(true)
                        .build();
        EngineStats before = engine.stats();
        long start = System.nanoTime();
        List<Generation> generations = new ArrayList<>();
        for (TokenIds ids : prompts) {
            generations.add(
                    Patience.submit(engine, Request.of("bench", new Prompt.Tokens(ids), sampling)));
        }
        for (Generation generation : generations) {
            Patience.await(generation);
        }
        return result(before, engine.stats(), (System.nanoTime() - start) * 1e-9);
    }

    private ObjectNode result(EngineStats before, EngineStats after, double seconds) {
        long generated = after.generatedTokens() - before.generatedTokens();
        long prompt = after.promptTokens() - before.promptTokens();
        long cached = after.cachedPromptTokens() - before.cachedPromptTokens();
        long stepNanos = after.stepNanos() - before.stepNanos();
        long runNanos = after.runNanos() - before.runNanos();
        return Json.object()
                .put("requests", after.finishedRequests() - before.finishedRequests())
                .put("outputTokensPerSecond", generated / seconds)
                .put("totalTokensPerSecond", (generated + prompt) / seconds)
                .put("elapsedSeconds", seconds)
                .put("peakRssBytes", PeakMemory.rssBytes())
                .put("kvBytesPerToken", after.kvBytesPerToken())
                .put("kvWastePercent", 100 * after.kvWaste())
                .put("prefixHitRate", prompt == 0 ? 0 : (double) cached / prompt)
                .put("preemptions", after.preemptions() - before.preemptions())
                .put(
                        "engineOverheadPercent",
                        stepNanos == 0 ? 0 : 100.0 * (stepNanos - runNanos) / stepNanos);
    }

    private static String text(JsonNode value) {
        return value.isTextual()
                ? value.asText()
                : String.format(Locale.ROOT, "%,.2f", value.asDouble());
    }

    private void print(ObjectNode result) {
        PrintWriter out = spec.commandLine().getOut();
        if (output == OutputFormat.json) {
            out.println(Json.line(result));
        } else {
            result.properties()
                    .forEach(
                            field ->
                                    out.printf(
                                            Locale.ROOT,
                                            "%-24s %s%n",
                                            field.getKey(),
                                            text(field.getValue())));
        }
        out.flush();
    }
}

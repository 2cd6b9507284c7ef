package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.EngineStats;
import dev.millrace.engine.Generation;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures throughput with random prompts of one length and answers of one length, all submitted at once. */
@Command(
        name = "bench",
        description =
                "Measures throughput with random prompts, all submitted at once, greedy, end tokens ignored unless answers have a form.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "A warm-up run with prompts of its own goes first and is not counted. With --output json: requests,",
            "outputTokensPerSecond, totalTokensPerSecond, elapsedSeconds, peakRssBytes, kvWastePercent, prefixHitRate,",
            "preemptions, engineOverheadPercent (time of the steps outside the model), formPercent (time of the steps",
            "for masks and tokens of answers with a form), device (with the instruction family and the precision on a",
            "CPU)."
        })
public final class BenchCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

    @Mixin private BenchPrompts prompts;

    @ArgGroup private FormatArguments format;

    @Option(
            names = "--output-len",
            paramLabel = "N",
            description = "Tokens of an answer (default: ${DEFAULT-VALUE}).")
    private int outputLen = 64;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        try (LlmEngine engine = engineArguments.load()) {
            SplittableRandom random = prompts.random();
            measure(engine, prompts.warmup(engine.vocabSize(), random));
            ObjectNode result = measure(engine, prompts.measured(engine.vocabSize(), random));
            result.put("device", engine.device());
            Json.print(spec.commandLine().getOut(), output, result);
        }
        return ExitCodes.OK;
    }

    private ObjectNode measure(LlmEngine engine, List<Prompt> all)
            throws InterruptedException, ExecutionException {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(outputLen)
                        .ignoreEos(format == null)
                        .format(format == null ? null : format.format())
                        .build();
        EngineStats before = engine.stats();
        long start = System.nanoTime();
        List<Generation> generations = new ArrayList<>();
        for (Prompt prompt : all) {
            generations.add(Patience.submit(engine, Request.of("bench", prompt, sampling)));
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
                .put("engineOverheadPercent", percent(stepNanos - runNanos, stepNanos))
                .put("formPercent", percent(after.formNanos() - before.formNanos(), stepNanos));
    }

    private static double percent(long part, long all) {
        return all == 0 ? 0 : 100.0 * part / all;
    }
}

package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.LabelRequest;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures scoring labels against generating one of them, with random prompts. */
@Command(
        name = "bench-labels",
        description =
                "Measures how many records a second are classified by scoring labels, and by generating one of them.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Both ways get as many prompts of the same kind, of which the first tokens may be shared. Generating is greedy and forced",
            "into one of the labels. With --output json: requests, labels, scoredPerSecond, generatedPerSecond, ratio, cpuRatio (of the",
            "engine's processor time, where others use the machine), generatedTokensPerRecord, device.",
            "",
            "Example: millrace bench-labels --model model.gguf --label ' billing question' --label ' technical problem'"
        })
public final class BenchLabelsCommand implements Callable<Integer> {
    private static final int MAX_TOKENS = 256;

    @Mixin private EngineArguments engineArguments;

    @Mixin private BenchPrompts prompts;

    @Option(
            names = "--label",
            paramLabel = "TEXT",
            required = true,
            description = "A label to choose from; repeat it.")
    private List<String> labels;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            description = "Records in the engine at a time (default: all).")
    private int inFlight = Integer.MAX_VALUE;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        try (LlmEngine engine = engineArguments.load()) {
            SplittableRandom random = prompts.random();
            int vocabSize = engine.vocabSize();
            score(engine, prompts.warmup(vocabSize, random));
            generate(engine, prompts.warmup(vocabSize, random));
            List<Prompt> scored = prompts.measured(vocabSize, random);
            Seconds scoring = score(engine, scored);
            long before = engine.stats().generatedTokens();
            Seconds generating = generate(engine, prompts.measured(vocabSize, random));
            long tokens = engine.stats().generatedTokens() - before;
            ObjectNode result =
                    Json.object()
                            .put("requests", scored.size())
                            .put("labels", labels.size())
                            .put("scoredPerSecond", scored.size() / scoring.clock())
                            .put("generatedPerSecond", scored.size() / generating.clock())
                            .put("ratio", generating.clock() / scoring.clock())
                            .put("cpuRatio", generating.cpu() / scoring.cpu())
                            .put("generatedTokensPerRecord", (double) tokens / scored.size())
                            .put("device", engine.device());
            Json.print(spec.commandLine().getOut(), output, result);
        }
        return ExitCodes.OK;
    }

    /**
     * What some work took.
     *
     * @param clock on the clock
     * @param cpu processor time of the engine's threads
     */
    private record Seconds(double clock, double cpu) {
        static Seconds now() {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            long cpuNanos = 0;
            for (ThreadInfo thread : threads.dumpAllThreads(false, false)) {
                boolean ofEngine = thread.getThreadName().startsWith("millrace-");
                cpuNanos += ofEngine ? threads.getThreadCpuTime(thread.getThreadId()) : 0;
            }
            return new Seconds(System.nanoTime() * 1e-9, cpuNanos * 1e-9);
        }

        Seconds since(Seconds start) {
            return new Seconds(clock - start.clock, cpu - start.cpu);
        }
    }

    /** What scoring all labels of all prompts takes. */
    private Seconds score(LlmEngine engine, List<Prompt> all)
            throws InterruptedException, ExecutionException {
        return seconds(
                engine,
                all,
                prompt ->
                        engine.classify(
                                new LabelRequest(
                                        "bench", prompt, labels, false, Optional.empty())));
    }

    /** What generating one of the labels for each prompt takes. */
    private Seconds generate(LlmEngine engine, List<Prompt> all)
            throws InterruptedException, ExecutionException {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(MAX_TOKENS)
                        .format(new AnswerFormat.Choice(labels))
                        .build();
        return seconds(engine, all, prompt -> engine.submit(Request.of("bench", prompt, sampling)));
    }

    private <T> Seconds seconds(
            LlmEngine engine, List<Prompt> all, Function<Prompt, CompletableFuture<T>> submission)
            throws InterruptedException, ExecutionException {
        Seconds start = Seconds.now();
        List<CompletableFuture<T>> answers = new ArrayList<>();
        for (Prompt prompt : all) {
            if (answers.size() >= inFlight) {
                Patience.await(answers.get(answers.size() - inFlight));
            }
            answers.add(Patience.submit(engine, () -> submission.apply(prompt)));
        }
        for (CompletableFuture<T> answer : answers) {
            Patience.await(answer);
        }
        return Seconds.now().since(start);
    }
}

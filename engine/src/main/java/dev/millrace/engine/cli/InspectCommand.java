package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.MemoryFit;
import dev.millrace.engine.hub.ModelPath;
import dev.millrace.engine.loader.Checkpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Tells what a checkpoint is and what it needs, from its headers alone. */
@Command(
        name = "inspect",
        description =
                "Tells what a model is and how much memory it needs; reads headers only, no weights.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Sizes take B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB. How many tokens fit assumes the engine's",
            "defaults: 0.9 of a GPU's memory (gpu-memory-utilization), max-num-batched-tokens 1024, keys and values in 16",
            "bits on a GPU and 32 on the CPU. With --output json one object, bytes as numbers.",
            "",
            "Example: millrace inspect Qwen/Qwen3-0.6B --gpu-memory 80GB"
        })
public final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = ModelArgument.LABEL, description = ModelArgument.DESCRIPTION)
    private String model;

    @Option(
            names = "--gpu-memory",
            paramLabel = "SIZE",
            converter = ByteSizeConverter.class,
            description = "Tell how many tokens fit a GPU with so much memory, for instance 80GB.")
    private Long gpuMemory;

    @Option(
            names = "--host-memory",
            paramLabel = "SIZE",
            converter = ByteSizeConverter.class,
            description = "Tell how many tokens fit so much memory on the CPU backend.")
    private Long hostMemory;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Option(names = "--offline", description = ModelArgument.OFFLINE_DESCRIPTION)
    private boolean offline;

    @Option(names = "--verbose", description = "Print stack traces of errors.")
    @SuppressWarnings("UnusedVariable") // ErrorPrinter looks it up by name.
    private boolean verbose;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Path path = ModelArgument.path(model, offline, spec.commandLine().getErr());
        ObjectNode facts;
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            facts = facts(path, checkpoint);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (output == OutputFormat.json) {
            out.println(Json.line(facts));
        } else {
            InspectText.print(facts, out);
        }
        out.flush();
        return ExitCodes.OK;
    }

    private ObjectNode facts(Path path, Checkpoint checkpoint) {
        MemoryFit fit = MemoryFit.of(checkpoint);
        ObjectNode facts =
                Json.object()
                        .put("model", ModelPath.label(path))
                        .put("family", checkpoint.config().modelType())
                        .put("parameters", checkpoint.parameters())
                        .put("contextTokens", checkpoint.config().maxPositionEmbeddings())
                        .put("vocabulary", checkpoint.config().vocabSize())
                        .put("layers", checkpoint.config().numLayers());
        ArrayNode classes = facts.putArray("tensorClasses");
        TensorClass.summarize(checkpoint.tensors()).forEach(c -> classes.add(c.json()));
        facts.put("weightBytes", fit.weightBytes())
                .put("gpuKvBytesPerToken", fit.gpuKvBytesPerToken())
                .put("hostKvBytesPerToken", fit.hostKvBytesPerToken())
                .put("kvTokensPerSequence", fit.kvTokensPerSequence());
        if (gpuMemory != null) {
            facts.put("gpuMemoryBytes", gpuMemory)
                    .put("gpuMaxConcurrentTokens", fit.tokensOnGpu(gpuMemory));
        }
        if (hostMemory != null) {
            facts.put("hostMemoryBytes", hostMemory)
                    .put("hostMaxConcurrentTokens", fit.tokensOnHost(hostMemory));
        }
        return facts.put("licence", checkpoint.licence().orElse(null))
                .put(
                        "chatTemplateSha256",
                        checkpoint.chatTemplate().map(t -> t.sha256()).orElse(null))
                .put("fingerprint", checkpoint.fingerprint());
    }
}

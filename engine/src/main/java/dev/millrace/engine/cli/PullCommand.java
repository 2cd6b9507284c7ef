package dev.millrace.engine.cli;

import dev.millrace.engine.hub.Hub;
import dev.millrace.engine.hub.ModelName;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fetches a model into the cache. */
@Command(
        name = "pull",
        description = "Fetches a model from a Hugging Face hub into the cache; prints its path.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Fetches what is needed and no more: settings, tokenizer, chat template, and weights as safetensors or one GGUF",
            "file; never pickled weights (.bin, .pt), which can run code. A fetch that was cut goes on where it ended; every",
            "file is checked against the hub's hash before it gets its name. The cache is shared with Python's tools.",
            "",
            "Environment: HF_TOKEN, HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE; docs/hub.md explains them.",
            "",
            "Examples: millrace pull Qwen/Qwen3-0.6B",
            "          millrace pull Qwen/Qwen3-0.6B@main",
            "          millrace pull Qwen/Qwen3-0.6B-GGUF:Q8_0"
        })
public final class PullCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "ORG/NAME[@REVISION][:QUANTIZATION]",
            description = "The model's name; a branch, tag or commit; which of its GGUF files.")
    private String model;

    @Option(
            names = "--file",
            paramLabel = "NAME.gguf",
            description = "Which of the model's GGUF files, by its whole name.")
    private String file;

    @Option(
            names = "--offline",
            description = "Do not ask the hub; print where the cache has the model, or fail.")
    private boolean offline;

    @Option(names = "--verbose", description = "Print stack traces of errors.")
    @SuppressWarnings("UnusedVariable") // ErrorPrinter looks it up by name.
    private boolean verbose;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        ModelName name = ModelName.of(model);
        ModelName chosen = file == null ? name : name.withFile(file);
        try (PullPrinter printer = new PullPrinter(spec.commandLine().getErr())) {
            Path path = new Hub(ModelArgument.config(offline), printer).pull(chosen);
            spec.commandLine().getOut().println(path);
            spec.commandLine().getOut().flush();
        }
        return ExitCodes.OK;
    }
}

package dev.millrace.examples.gpu;

import dev.millrace.engine.cli.ExitCodes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a GPU gives, or, without one, what the kernels' model says. */
@Command(
        name = "gpu-bench",
        description = "What the kernels can reach on a GPU, by their model.",
        mixinStandardHelpOptions = true)
public final class GpuBenchCommand implements Callable<Integer> {
    @Option(
            names = "--model-only",
            description =
                    "Prints the model of docs/kernels/model.md: least times by counted work and"
                            + " data sheets. Needs no GPU; nothing is measured.")
    private boolean modelOnly;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private Output output = Output.text;

    @Spec private CommandSpec spec;

    /** How the model is printed. */
    enum Output {
        text,
        json
    }

    @Override
    public Integer call() {
        if (!modelOnly) {
            throw new ParameterException(
                    spec.commandLine(),
                    "gpu-bench: nothing given, allowed is --model-only; nothing is measured yet");
        }
        ModelReport report = new ModelReport();
        var out = spec.commandLine().getOut();
        out.print(output == Output.json ? report.json() + "\n" : report.text());
        out.flush();
        return ExitCodes.OK;
    }
}

package dev.millrace.examples.gpu;

import dev.millrace.engine.cli.ExitCodes;
import dev.millrace.examples.gpu.Part.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures kernels and the whole engine on this machine's GPU. */
@Command(
        name = "gpu-bench",
        description =
                "Measures on this machine's GPU: each kernel as a share of what copies and cuBLAS reach, the whole engine with synthetic"
                        + " weights of Llama-3.1-8B's shape, and where the time of a step goes.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Leaves gpu-bench.json and gpu-bench.html in the output folder. cuBLAS is measured through PyTorch, where python3 has it.",
            "Run gpu-check first. On a GPU machine see docs/gpu.md."
        })
public final class GpuBenchCommand implements Callable<Integer> {
    @Mixin private GpuArguments arguments;

    @Option(
            names = "--python",
            paramLabel = "PROGRAM",
            description =
                    "Python that has PyTorch (default: ${DEFAULT-VALUE}); none to leave it out.")
    private String python = "python3";

    @Option(
            names = "--model-only",
            description =
                    "Prints the model of docs/kernels/model.md: least times by counted work and data sheets. Needs no GPU; nothing is"
                            + " measured. --output is then text (the default) or json.")
    private boolean modelOnly;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        return modelOnly ? model(out) : measure(out);
    }

    private int model(PrintWriter out) {
        Path text = Path.of("text");
        Path output = spec.commandLine().getParseResult().matchedOptionValue("--output", text);
        ModelReport report = new ModelReport();
        switch (output.toString()) {
            case "text" -> out.print(report.text());
            case "json" -> out.println(report.json());
            default ->
                    throw new ParameterException(
                            spec.commandLine(),
                            "--output with --model-only: given "
                                    + output
                                    + ", allowed are text and json");
        }
        out.flush();
        return ExitCodes.OK;
    }

    private int measure(PrintWriter out) throws IOException {
        ResultFolder folder = arguments.open(out);
        PartRunner runner =
                new PartRunner(
                        folder,
                        out,
                        PartRunner.Deadline.in(Duration.ofSeconds(arguments.seconds())));
        try (EngineBench engine = new EngineBench(arguments.device(), arguments.shapes())) {
            Map<String, Result> results = runner.run(parts(folder, engine));
            BenchReport report = new BenchReport(folder, arguments.shapes(), results);
            report.write();
            report.print(out);
        }
        return runner.allWell() ? ExitCodes.OK : ExitCodes.RUNTIME;
    }

    /** The peer first, while this process has no memory of the device. */
    private List<Part> parts(ResultFolder folder, EngineBench engine) {
        KernelBench kernels = new KernelBench(arguments.device(), arguments.shapes());
        List<Part> parts = new ArrayList<>();
        parts.add(new Part("device", () -> DevicePart.run(folder.device())));
        parts.add(new Part("peer", () -> new PeerPart(python, kernels.products(), folder).run()));
        parts.add(new Part("copy", kernels::copyRate));
        parts.addAll(kernels.parts());
        parts.addAll(engine.parts());
        return parts;
    }
}

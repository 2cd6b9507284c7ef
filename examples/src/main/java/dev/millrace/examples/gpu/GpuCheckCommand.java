package dev.millrace.examples.gpu;

import dev.millrace.engine.cli.ExitCodes;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks whether this machine's GPU computes what it should. */
@Command(
        name = "gpu-check",
        description =
                "Checks the kernels on this machine's GPU: instructions against what the manual says, every operation against the CPU,"
                        + " rows against their batch, and tokens of small models against the reference.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The exit code is 4 if something is wrong. The sanitizer of the CUDA toolkit is used where it is on PATH.",
            "On a GPU machine see docs/gpu.md."
        })
public final class GpuCheckCommand implements Callable<Integer> {
    @Mixin private GpuArguments arguments;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description =
                    "Small models with reference answers (default: those of the source tree).")
    private Path models = home().resolve("engine/src/test/resources/models");

    @Option(
            names = "--sanitizer",
            paramLabel = "PROGRAM",
            description = "compute-sanitizer (default: the one on PATH); none to leave it out.")
    private String sanitizer = "compute-sanitizer";

    @Spec private CommandSpec spec;

    private static Path home() {
        return Path.of(System.getProperty("millrace.home", ""));
    }

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        ResultFolder folder = arguments.open(out);
        KernelChecks kernels = new KernelChecks(arguments.device(), arguments.shapes());
        List<Part> parts =
                List.of(
                        new Part("device", () -> DevicePart.run(folder.device())),
                        new Part(
                                "conformance",
                                () -> ConformancePart.run(arguments.device(), folder)),
                        new Part("kernels", kernels::againstTheCpu),
                        new Part("batch-invariance", kernels::batchInvariance),
                        new Part("tokens", () -> new TokensPart(arguments.device(), models).run()),
                        new Part(
                                "sanitizer",
                                () -> new SanitizerPart(sanitizer, arguments, folder).run()));
        PartRunner runner =
                new PartRunner(
                        folder,
                        out,
                        PartRunner.Deadline.in(Duration.ofSeconds(arguments.seconds())));
        runner.run(parts);
        return runner.allWell() ? ExitCodes.OK : ExitCodes.RUNTIME;
    }
}

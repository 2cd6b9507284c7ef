package dev.millrace.examples.gpu;

import dev.millrace.engine.cli.ErrorPrinter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The two commands alone, without Flink and Kafka: what the bundle for a GPU machine holds. */
@Command(
        name = "millrace",
        description = "Checks and measures Millrace on a GPU.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {GpuCheckCommand.class, GpuBenchCommand.class})
public final class GpuMain {
    private GpuMain() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        CommandLine commandLine =
                new CommandLine(new GpuMain()).setExecutionExceptionHandler(new ErrorPrinter());
        System.exit(commandLine.execute(arguments));
    }
}

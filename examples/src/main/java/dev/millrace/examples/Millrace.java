package dev.millrace.examples;

import dev.millrace.engine.cli.BenchCommand;
import dev.millrace.engine.cli.BenchLabelsCommand;
import dev.millrace.engine.cli.ChatCommand;
import dev.millrace.engine.cli.ClassifyCommand;
import dev.millrace.engine.cli.EmbedCommand;
import dev.millrace.engine.cli.GenerateCommand;
import dev.millrace.engine.cli.InspectCommand;
import dev.millrace.engine.cli.PullCommand;
import dev.millrace.engine.cli.RenderCommand;
import dev.millrace.engine.cli.ScoreCommand;
import dev.millrace.examples.gpu.GpuBenchCommand;
import dev.millrace.examples.gpu.GpuCheckCommand;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line: {@code millrace COMMAND [OPTIONS]}.
 *
 * <p>Results go to standard output, everything else to standard error.
 */
@Command(
        name = "millrace",
        description = "Runs large language models inside Apache Flink.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionProvider.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            QuickstartCommand.class,
            RunCommand.class,
            PullCommand.class,
            InspectCommand.class,
            DoctorCommand.class,
            RenderCommand.class,
            GenerateCommand.class,
            ChatCommand.class,
            ScoreCommand.class,
            ClassifyCommand.class,
            EmbedCommand.class,
            BenchCommand.class,
            BenchLabelsCommand.class,
            GpuCheckCommand.class,
            GpuBenchCommand.class
        },
        commandListHeading = "%nCommands:%n",
        footerHeading = "%n",
        footer = {
            "Start with `millrace quickstart`. `millrace COMMAND --help` explains a command.",
            "",
            "Exit codes: 0 done; 1 doctor found something to mend; 2 the command line is wrong; 3 an input, an option's value or a",
            "model cannot be used; 4 something failed at run time. Add --verbose to a command for logs and stack traces.",
            "The environment variable MILLRACE_JAVA_OPTS holds options for Java, for instance -Xmx8g."
        })
public final class Millrace {

    private Millrace() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        if (List.of(arguments).contains("--verbose")) {
            System.setProperty("millrace.log.level", "INFO");
            System.setProperty("millrace.log.level.frameworks", "WARN");
        }
        // Not a return: threads of Flink and Kafka would keep the process alive.
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Millrace())
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(new UsageErrorPrinter())
                .setExecutionExceptionHandler(new JobErrorPrinter());
    }
}

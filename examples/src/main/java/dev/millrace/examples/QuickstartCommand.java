package dev.millrace.examples;

import dev.millrace.engine.cli.ExitCodes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the whole path on this machine alone: Kafka, Flink, the model, a failure and the ledger. */
@Command(
        name = "quickstart",
        description =
                "Sends support tickets through Kafka, Flink and a small model, all in this process, kills the TaskManager on the"
                        + " way and counts what comes out.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Needs no network, no Docker and no download. The progress goes to standard error, the report to standard output.",
            "The job is the one that `millrace run` runs; --keep DIR leaves its file, its schema, the model and the answers in",
            "DIR to look at and to start from. The exit code is 4 if a ticket was lost or came out twice."
        })
final class QuickstartCommand implements Callable<Integer> {
    @Option(
            names = "--tickets",
            paramLabel = "N",
            description = "Tickets to send, at most 2000 (default: ${DEFAULT-VALUE}).")
    private int tickets = 2000;

    @Option(
            names = "--parallelism",
            paramLabel = "N",
            description =
                    "Partitions and subtasks; they share one engine (default: ${DEFAULT-VALUE}).")
    private int parallelism = 2;

    @Option(names = "--no-kill", negatable = false, description = "Leave the TaskManager alone.")
    private boolean noKill;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Chooses the moment of the kill (default: a new one each time; it is printed).")
    private Long seed;

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            description = "Keep job file, schema, model and answers in DIR.")
    private Path keep;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "Where the model runs: auto, cpu, cuda or cuda:N (default: auto).")
    private String device;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "Any key of the job file, for instance engine.max-num-seqs=32; may be repeated.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--verbose", description = "Print logs and stack traces.")
    @SuppressWarnings("UnusedVariable") // the error printers and main look it up by name
    private boolean verbose;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requirePositive("--tickets", tickets);
        requirePositive("--parallelism", parallelism);
        Quickstart.Options options =
                new Quickstart.Options(
                        tickets,
                        parallelism,
                        !noKill,
                        seed == null ? System.nanoTime() : seed,
                        keep,
                        allOverrides());
        // The script knows whether standard error is a terminal; Java does not.
        boolean terminal = Boolean.getBoolean("millrace.terminal");
        ProgressLine progress = new ProgressLine(spec.commandLine().getErr(), terminal);
        QuickstartReport report = new Quickstart(options, progress).run();
        new ReportTable(spec.commandLine().getOut()).print(report);
        return report.balance().isExact() ? ExitCodes.OK : ExitCodes.RUNTIME;
    }

    /** {@code --set} wins over {@code --device}. */
    private List<String> allOverrides() {
        List<String> all = new ArrayList<>();
        if (device != null) {
            all.add("engine.device=" + device);
        }
        all.addAll(overrides);
        return all;
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(
                    spec.commandLine(), option + " takes a whole number above 0, not " + value);
        }
    }
}

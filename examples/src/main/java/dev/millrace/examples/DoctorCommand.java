package dev.millrace.examples;

import dev.millrace.engine.cli.ExitCodes;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks whether this machine has what jobs need. */
@Command(
        name = "doctor",
        description =
                "Checks Java, processor, GPU, Flink, memory, and on demand a model and Kafka.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Each line is \u2713 (in order), \u2717 (to be mended, with how) or - (not there, and not needed). Exit code 0 if",
            "nothing is to be mended, else 1.",
            "",
            "FLINK_HOME tells where Flink is whose lib/ is looked at; without it that check is left out.",
            "",
            "Example: millrace doctor --model /models/triage --bootstrap-servers broker:9092"
        })
final class DoctorCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "DIR|FILE|ORG/NAME",
            description = "A model to read; one given by its name must be in the cache already.")
    private String model;

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT",
            description = "A Kafka broker to reach.")
    private String bootstrapServers;

    @Option(
            names = "--kafka-property",
            paramLabel = "KEY=VALUE",
            description = "A property of the Kafka client, such as those of security.")
    private Map<String, String> kafkaProperties = new LinkedHashMap<>();

    @Option(names = "--verbose", description = "Print logs and stack traces.")
    @SuppressWarnings("UnusedVariable") // the error printers and main look it up by name
    private boolean verbose;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        boolean failed = false;
        for (Callable<Finding> check : checks()) {
            Finding finding = run(check);
            out.println(finding.text());
            out.flush();
            failed |= finding.mark() == Finding.Mark.BAD;
        }
        return failed ? ExitCodes.CHECK_FAILED : ExitCodes.OK;
    }

    private List<Callable<Finding>> checks() {
        List<Callable<Finding>> checks = new ArrayList<>();
        checks.add(MachineChecks::java);
        checks.add(MachineChecks::vectorApi);
        checks.add(MachineChecks::processor);
        checks.add(GpuCheck::run);
        checks.add(MachineChecks::memory);
        checks.add(() -> FlinkCheck.run(System.getenv("FLINK_HOME")));
        if (model != null) {
            checks.add(() -> ModelCheck.run(model));
        }
        if (bootstrapServers != null) {
            checks.add(() -> KafkaCheck.run(bootstrapServers, kafkaProperties));
        }
        return checks;
    }

    /** A check that fails in a way that nobody thought of is a finding too. */
    private static Finding run(Callable<Finding> check) {
        try {
            return check.call();
        } catch (Exception e) {
            return Finding.bad("check", e.toString(), "Report this with the output of --verbose");
        }
    }
}

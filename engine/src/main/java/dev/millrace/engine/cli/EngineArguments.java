package dev.millrace.engine.cli;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.LlmEngine;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that every command with an engine has. */
final class EngineArguments {

    @Option(
            names = "--model",
            required = true,
            paramLabel = ModelArgument.LABEL,
            description = ModelArgument.DESCRIPTION)
    private String model;

    @Option(names = "--offline", description = ModelArgument.OFFLINE_DESCRIPTION)
    private boolean offline;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "auto, cpu, cuda or cuda:N (default: auto).")
    private String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of the CPU backend (default: one a processor).")
    private Integer threads;

    @Option(
            names = "--max-num-seqs",
            paramLabel = "N",
            description = "Most sequences computed together (default: ${DEFAULT-VALUE:-128}).")
    private Integer maxNumSeqs;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any engine option, for instance kv-cache-memory=2g; may be repeated.")
    private Map<String, String> options = new LinkedHashMap<>();

    @Option(names = "--verbose", description = "Print stack traces of errors.")
    @SuppressWarnings("UnusedVariable") // ErrorPrinter looks it up by name.
    private boolean verbose;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** The configuration that these options say; {@code --set} wins over the others. */
    EngineConfig config() {
        Map<String, String> all = new LinkedHashMap<>();
        put(all, "device", device);
        put(all, "threads", threads);
        put(all, "max-num-seqs", maxNumSeqs);
        all.putAll(options);
        return EngineOptions.parse(all);
    }

    private static void put(Map<String, String> options, String key, Object value) {
        if (value != null) {
            options.put(key, value.toString());
        }
    }

    LlmEngine load() {
        EngineConfig config = config();
        PrintWriter err = spec.commandLine().getErr();
        return LlmEngine.load(ModelArgument.path(model, offline, err), config);
    }
}

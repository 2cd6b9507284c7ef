package dev.millrace.engine.loader;

import dev.millrace.engine.LlmException;
import java.nio.file.Path;

/** Any bytes as config.json: settings and quantisation are read, or refused in words. */
public final class ConfigFuzzer {
    private static final FuzzFolder FOLDER = new FuzzFolder();

    private ConfigFuzzer() {}

    /** The entry that Jazzer calls. */
    public static void fuzzerTestOneInput(byte[] data) {
        Path file = FOLDER.write("config.json", data);
        try {
            TensorPlan.shapes(HfCheckpoint.readConfig(file.getParent(), "config.json"));
        } catch (LlmException e) {
            // A refusal.
        }
        try {
            QuantizationReader.read(
                    file.getParent(), JsonFiles.readObject(file, 1 << 24, ConfigError.NOT_JSON));
        } catch (LlmException e) {
            // A refusal.
        }
    }
}

package dev.millrace.engine.cli;

import dev.millrace.engine.hub.Hub;
import dev.millrace.engine.hub.HubConfig;
import dev.millrace.engine.hub.ModelPath;
import java.io.PrintWriter;
import java.nio.file.Path;

/** A model as the command line names it: a path, or a name on a hub that is fetched if the cache lacks it. */
final class ModelArgument {
    static final String LABEL = "DIR|FILE|ORG/NAME";

    static final String DESCRIPTION =
            "Hugging Face folder (config.json, tokenizer.json, *.safetensors), GGUF file, or a model's name"
                    + " ORG/NAME[@REVISION][:QUANTIZATION], fetched if it is not in the cache.";

    static final String OFFLINE_DESCRIPTION = "Use models of the cache only, as HF_HUB_OFFLINE=1.";

    private ModelArgument() {}

    /** Where the model lies; progress of fetching it goes to {@code err}. */
    static Path path(String model, boolean offline, PrintWriter err) {
        try (PullPrinter printer = new PullPrinter(err)) {
            return ModelPath.of(model, new Hub(config(offline), printer));
        }
    }

    static HubConfig config(boolean offline) {
        HubConfig config = HubConfig.fromEnvironment();
        return offline ? config.withOffline() : config;
    }
}

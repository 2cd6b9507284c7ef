package dev.millrace.examples;

import dev.millrace.engine.LlmException;
import dev.millrace.engine.MemoryFit;
import dev.millrace.engine.hub.Hub;
import dev.millrace.engine.hub.HubConfig;
import dev.millrace.engine.hub.ModelPath;
import dev.millrace.engine.hub.PullListener;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.tokenizer.Tokenizer;
import java.nio.file.Path;

/** Whether a model can be read, its tokenizer and template included. */
final class ModelCheck {
    private static final String SUBJECT = "model";

    private ModelCheck() {}

    static Finding run(String model) {
        try {
            Path path =
                    ModelPath.of(model, new Hub(HubConfig.fromEnvironment().withOffline(), SILENT));
            try (Checkpoint checkpoint = Checkpoint.open(path);
                    Tokenizer tokenizer = checkpoint.tokenizer()) {
                boolean chats = checkpoint.chatTemplate().isPresent() && tokenizer != null;
                String found =
                        "%s, %s, weights %s, %s chat template"
                                .formatted(
                                        ModelPath.label(path),
                                        checkpoint.config().modelType(),
                                        MachineChecks.gigabytes(
                                                MemoryFit.of(checkpoint).weightBytes()),
                                        chats ? "a" : "no");
                return Finding.good(SUBJECT, found);
            }
        } catch (LlmException e) {
            return Finding.bad(
                    SUBJECT,
                    e.problem().where()
                            + ": "
                            + e.problem().given()
                            + " ["
                            + e.problem().code().id()
                            + "]",
                    e.problem().remedy());
        }
    }

    private static final PullListener SILENT =
            new PullListener() {
                @Override
                public void message(String text) {
                    // Offline nothing is fetched.
                }

                @Override
                public void progress(long done, long total) {
                    // Offline nothing is fetched.
                }
            };
}

package dev.millrace.examples;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Files that come inside the jar. */
final class Resources {
    private static final List<String> MODEL_FILES =
            List.of(
                    "config.json",
                    "generation_config.json",
                    "model.safetensors",
                    "tokenizer.json",
                    "tokenizer_config.json");

    private Resources() {}

    static InputStream open(String name) throws IOException {
        InputStream stream = Resources.class.getResourceAsStream(name);
        if (stream == null) {
            throw new FileNotFoundException("The jar has no " + name);
        }
        return stream;
    }

    /** Copies a file out of the jar into a folder. */
    static Path copy(String name, Path folder) throws IOException {
        Path target = folder.resolve(name);
        Files.createDirectories(target.getParent());
        try (InputStream stream = open(name)) {
            Files.copy(stream, target, StandardCopyOption.REPLACE_EXISTING);
        }
        return target;
    }

    /** Copies the bundled model out of the jar: engines map checkpoints from files. */
    static Path copyModel(Path folder) throws IOException {
        for (String file : MODEL_FILES) {
            copy("triage-model/" + file, folder);
        }
        return folder.resolve("triage-model");
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.tokenizer.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds out which kind of checkpoint a path holds. */
final class CheckpointOpener {
    private static final String KINDS =
            "a folder with config.json and *.safetensors, or a .gguf file";

    private CheckpointOpener() {}

    static Checkpoint open(Path path) {
        if (!Files.exists(path)) {
            throw refuse(
                    ConfigError.MODEL_NOT_FOUND, path, "no such file or folder", "Check the path");
        }
        if (!Files.isDirectory(path)) {
            return openFile(path);
        }
        List<Path> files = list(path);
        if (!named(files, ".safetensors").isEmpty()) {
            return HfCheckpoint.open(path);
        }
        List<Path> ggufs = named(files, ".gguf");
        if (ggufs.size() == 1) {
            return GgufCheckpoint.open(ggufs.get(0));
        }
        throw nothing(path, files, ggufs);
    }

    static Optional<ChatTemplate> chatTemplate(Path path) {
        if (Files.isDirectory(path)) {
            Optional<ChatTemplate> template = HfChatTemplate.find(path);
            if (template.isPresent() || !named(list(path), ".safetensors").isEmpty()) {
                return template;
            }
        }
        try (Checkpoint checkpoint = open(path)) {
            return checkpoint.chatTemplate();
        }
    }

    private static Checkpoint openFile(Path path) {
        if (nameOf(path).endsWith(".gguf")) {
            return GgufCheckpoint.open(path);
        }
        throw refuse(
                ConfigError.NO_CHECKPOINT,
                path,
                "a file that is no .gguf",
                "Give the folder of a safetensors checkpoint, or a .gguf file");
    }

    private static RuntimeException nothing(Path path, List<Path> files, List<Path> ggufs) {
        if (!ggufs.isEmpty()) {
            return refuse(
                    ConfigError.AMBIGUOUS,
                    path,
                    ggufs.size() + " .gguf files",
                    "Give the path of one of them");
        }
        if (files.stream().anyMatch(CheckpointOpener::isPickle)) {
            return refuse(
                    ConfigError.PICKLE_ONLY,
                    path,
                    "pickled weights only; reading those can run code",
                    "Convert the model to safetensors");
        }
        String given = files.isEmpty() ? "an empty folder" : "no weights among " + files.size();
        return refuse(
                ConfigError.NO_CHECKPOINT,
                path,
                files.isEmpty() ? given : given + " files",
                "Check the path, and that the download finished");
    }

    private static boolean isPickle(Path file) {
        String name = nameOf(file);
        return name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth");
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw Problems.refuse(
                    ConfigError.MODEL_NOT_FOUND,
                    folder.toString(),
                    "a folder that cannot be listed: " + e,
                    KINDS,
                    "Check its permissions",
                    e);
        }
    }

    private static List<Path> named(List<Path> files, String ending) {
        return files.stream().filter(f -> nameOf(f).endsWith(ending)).toList();
    }

    private static String nameOf(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT);
    }

    private static RuntimeException refuse(
            ConfigError code, Path path, String given, String remedy) {
        return Problems.refuse(code, path.toString(), given, KINDS, remedy);
    }
}

package dev.millrace.engine.hub;

import dev.millrace.engine.InvalidModelException;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The folders below which models may lie on this machine. Whoever runs a cluster sets them for those who may only name models, as in a
 * SQL statement. Models by name lie in the cache and are not asked about.
 *
 * <p>Thread-safety: immutable.
 *
 * @param folders absolute paths; none where models may lie anywhere
 */
public record ModelRoots(List<String> folders) implements Serializable {
    /** The environment variable that holds them, separated as in {@code PATH}. */
    public static final String VARIABLE = "MILLRACE_ALLOWED_MODEL_ROOTS";

    private static final long serialVersionUID = 1L;

    public ModelRoots {
        folders = List.copyOf(folders);
    }

    /** What this process's environment says. */
    public static ModelRoots fromEnvironment() {
        return from(System::getenv);
    }

    /**
     * What {@code environment} says; it gives null for a variable that is not set.
     *
     * @throws InvalidModelException if it holds something other than absolute paths
     */
    public static ModelRoots from(UnaryOperator<String> environment) {
        String value = environment.apply(VARIABLE);
        if (value == null || value.isBlank()) {
            return new ModelRoots(List.of());
        }
        List<String> folders = Arrays.asList(value.split(File.pathSeparator, -1));
        for (String folder : folders) {
            Path path = path(folder);
            if (path == null || !path.isAbsolute()) {
                throw HubProblems.refuse(
                        HubError.INVALID_SETTING,
                        VARIABLE,
                        "'" + folder + "'",
                        "absolute paths, separated by '" + File.pathSeparator + "'",
                        "Correct it, or leave it unset to allow all paths");
            }
        }
        return new ModelRoots(folders);
    }

    /**
     * Refuses a path that leads elsewhere: by itself, by a link, or by a link among a folder's files.
     *
     * @throws InvalidModelException if it does
     */
    public void requireAllowed(String model) {
        if (folders.isEmpty()) {
            return;
        }
        Path path = path(model);
        boolean exists = path != null && Files.exists(path);
        if (!exists && ModelName.parse(model).isPresent()) {
            return;
        }
        if (path == null || !leadsBelow(path)) {
            throw outside(model);
        }
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private boolean leadsBelow(Path path) {
        try {
            List<Path> files = Files.isDirectory(path) ? files(path) : List.of();
            for (Path file : files) {
                if (!isBelow(file)) {
                    return false;
                }
            }
            return isBelow(path);
        } catch (IOException e) {
            return false;
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private boolean isBelow(Path path) throws IOException {
        Path real = real(path);
        for (String folder : folders) {
            if (real.startsWith(real(Path.of(folder)))) {
                return true;
            }
        }
        return false;
    }

    /** Links followed, as far as there is something. */
    private static Path real(Path path) throws IOException {
        if (Files.exists(path)) {
            return path.toRealPath();
        }
        Path absolute = path.toAbsolutePath().normalize();
        Path there = absolute;
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        return there.toRealPath().resolve(there.relativize(absolute));
    }

    private InvalidModelException outside(String model) {
        return HubProblems.refuse(
                HubError.OUTSIDE_ROOTS,
                "model",
                "'" + model + "'",
                "a path that stays below one of the allowed folders "
                        + String.join(", ", folders)
                        + ", or a model's name",
                "Move the model there, or add its folder to the environment variable " + VARIABLE);
    }
}

package dev.millrace.engine.hub;

import dev.millrace.engine.InvalidModelException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a model lies that a user has named: by its path, or by its name on a hub. A path that exists always wins.
 *
 * <p>Thread-safety: stateless.
 */
public final class ModelPath {
    private static final Logger LOG = LoggerFactory.getLogger(ModelPath.class);
    private static final long LOG_EVERY_NANOS = 10_000_000_000L;

    private ModelPath() {}

    /** As {@link #of(String, Hub)}, with the hub of this process's environment; progress goes to the log. */
    public static Path of(String model) {
        return of(model, new Hub(HubConfig.fromEnvironment(), new LogListener()));
    }

    /**
     * The path of {@code model}, fetched from {@code hub} if it is a name and the cache lacks it.
     *
     * @throws InvalidModelException if it is neither, {@link ModelRoots} do not allow the path, or the hub refuses the name
     */
    public static Path of(String model, Hub hub) {
        ModelRoots.fromEnvironment().requireAllowed(model);
        Optional<Path> path = path(model);
        if (path.filter(Files::exists).isPresent()) {
            return path.get();
        }
        Optional<ModelName> name = ModelName.parse(model);
        if (name.isPresent()) {
            return hub.find(name.get());
        }
        throw HubProblems.refuse(
                HubError.INVALID_NAME,
                "model",
                "'" + model + "', which is no file or folder here and no model's name",
                "a path that exists, or ORG/NAME, ORG/NAME@REVISION or ORG/NAME:QUANTIZATION",
                HubProblems.CHECK_NAME);
    }

    /** How messages name the model at {@code path}: as on the hub if it lies in the cache, else by its file name. */
    public static String label(Path path) {
        return HubCache.label(path).orElseGet(() -> String.valueOf(path.getFileName()));
    }

    private static Optional<Path> path(String model) {
        try {
            return Optional.of(Path.of(model));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** Progress as lines of the log. */
    private static final class LogListener implements PullListener {
        private long last = System.nanoTime();

        @Override
        public void message(String text) {
            LOG.warn(text);
        }

        @Override
        public void progress(long done, long total) {
            if (System.nanoTime() - last > LOG_EVERY_NANOS) {
                last = System.nanoTime();
                LOG.info("Fetched {} of {} MiB.", done >> 20, total >> 20);
            }
        }
    }
}

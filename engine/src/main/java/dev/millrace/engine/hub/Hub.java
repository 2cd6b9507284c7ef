package dev.millrace.engine.hub;

import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.InvalidModelException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Models by name: in the cache, or fetched into it.
 *
 * <p>Thread-safety: immutable; threads and processes that fetch the same model wait for each other.
 */
public final class Hub {
    private final HubConfig config;
    private final PullListener listener;

    /** A hub that tells {@code listener} how fetches go on. */
    public Hub(HubConfig config, PullListener listener) {
        this.config = config;
        this.listener = listener;
    }

    /**
     * Asks the hub for the model and fetches what the cache lacks; offline it looks into the cache alone.
     *
     * @return the model's folder in the cache, or its GGUF file there
     * @throws InvalidModelException if there is no such model, it may not be read, or it is not what the hub announces
     * @throws EngineFailedException if it did not work this time: network, disk, limits
     */
    public Path pull(ModelName model) {
        if (config.offline()) {
            return cached(model).orElseThrow(() -> HubProblems.notCached(model, config));
        }
        Path lock = new HubCache(config.cache(), model).lockFile();
        Runnable onWait =
                () -> listener.message("Waiting for another process that fetches " + model);
        try {
            CacheLock held = CacheLock.acquire(lock, onWait);
            try (held) {
                return new Pull(model, config, listener).run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw HubProblems.failed(
                    HubError.UNREACHABLE,
                    "model " + model,
                    "an interruption",
                    "time to fetch it",
                    "Start it again: what was fetched is kept",
                    e);
        }
    }

    /**
     * The model as {@link #pull} gives it, but from the cache alone where that is enough: for a commit, which never changes,
     * and when the hub does not answer.
     */
    public Path find(ModelName model) {
        Optional<Path> cached = model.isCommit() ? cached(model) : Optional.empty();
        if (cached.isPresent()) {
            return cached.get();
        }
        try {
            return pull(model);
        } catch (EngineFailedException e) {
            if (e.problem().code() != HubError.UNREACHABLE) {
                throw e;
            }
            Path older = cached(model).orElseThrow(() -> e);
            listener.message("Using the cached copy of " + model + ": " + e.getMessage());
            return older;
        }
    }

    /** The model as the cache has it, if all of it is there. */
    Optional<Path> cached(ModelName model) {
        HubCache cache = new HubCache(config.cache(), model);
        Optional<String> commit = cache.commit(model.revision());
        if (commit.isEmpty()) {
            return Optional.empty();
        }
        Path snapshot = cache.snapshot(commit.get());
        Set<String> names = cache.names(commit.get());
        String where = "model " + model + " in " + config.cache();
        try {
            Set<String> files = FileChoice.of(names, model.file(), where);
            if (files.contains(FileChoice.INDEX)
                    && !names.containsAll(
                            FileChoice.shards(snapshot.resolve(FileChoice.INDEX), where))) {
                return Optional.empty();
            }
            Optional<String> gguf = FileChoice.ggufIn(files);
            boolean complete = gguf.isPresent() || files.contains("config.json");
            return complete
                    ? Optional.of(gguf.map(snapshot::resolve).orElse(snapshot))
                    : Optional.empty();
        } catch (InvalidModelException e) {
            // Not there yet; what the hub says of it will tell more.
            return Optional.empty();
        }
    }
}

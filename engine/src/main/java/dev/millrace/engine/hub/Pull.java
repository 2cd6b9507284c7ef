package dev.millrace.engine.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;

/**
 * One fetch of one model, under the cache's lock: asks what there is, fetches what is missing, several files at a time.
 *
 * <p>Thread-safety: none; its own threads are gone when {@link #run} returns.
 */
final class Pull {
    private static final int FIRST_TRIES = 3;

    private final ModelName model;
    private final HubConfig config;
    private final HubCache cache;
    private final PullListener listener;
    private final HubClient client;
    private final Retries retries;

    /** Bytes that are there, by file; guards the listener. */
    private final Map<String, Long> done = new HashMap<>();

    private long total;

    Pull(ModelName model, HubConfig config, PullListener listener) {
        this.model = model;
        this.config = config;
        this.cache = new HubCache(config.cache(), model);
        this.listener = listener;
        this.client = new HubClient(config, model);
        this.retries = new Retries(config.patience());
    }

    /** Fetches the model; returns its folder in the cache, or its GGUF file there. */
    Path run() throws InterruptedException {
        // A hub that does not answer at all is given up soon: perhaps a path was meant.
        ModelFiles files =
                new Retries(config.patience().atMost(FIRST_TRIES))
                        .run(
                                client.where(),
                                () -> 0,
                                () -> ModelFiles.read(client.info(), client.where()));
        Set<String> wanted = FileChoice.of(files.names(), model.file(), client.where());
        try (PullWorkers workers = new PullWorkers()) {
            fetch(workers, files.commit(), wanted);
            if (wanted.contains(FileChoice.INDEX)) {
                Path index = cache.snapshot(files.commit()).resolve(FileChoice.INDEX);
                fetch(workers, files.commit(), shards(index, files));
            }
        }
        cache.saveCommit(model.revision(), files.commit());
        Path snapshot = cache.snapshot(files.commit());
        return FileChoice.ggufIn(wanted).map(snapshot::resolve).orElse(snapshot);
    }

    private Set<String> shards(Path index, ModelFiles files) {
        Set<String> shards = FileChoice.shards(index, client.where());
        Set<String> missing = new TreeSet<>(shards);
        missing.removeAll(files.names());
        if (!missing.isEmpty()) {
            throw HubProblems.refuse(
                    HubError.NOT_FOUND,
                    client.where(),
                    "an index that names " + missing.iterator().next() + ", which is not there",
                    "all files that the index names",
                    "Choose another revision, or tell the model's publisher");
        }
        return shards;
    }

    private void fetch(PullWorkers workers, String commit, Set<String> names)
            throws InterruptedException {
        List<RemoteFile> files = workers.all(names, name -> describe(commit, name));
        synchronized (done) {
            files.forEach(file -> total += file.size());
        }
        requireRoom(missing(files));
        workers.all(
                files,
                file -> {
                    download(commit, file, workers.timer());
                    return file;
                });
    }

    private RemoteFile describe(String commit, String name) throws InterruptedException {
        return retries.run(client.where(name), () -> 0, () -> client.describe(commit, name));
    }

    private List<RemoteFile> missing(Collection<RemoteFile> files) {
        List<RemoteFile> missing = new ArrayList<>(files);
        missing.removeIf(file -> Files.exists(cache.blob(file.hash())));
        return missing;
    }

    /** Refuses before the first byte what cannot end well. */
    private void requireRoom(List<RemoteFile> missing) {
        Path folder = cache.root();
        try {
            Files.createDirectories(folder);
            long needed = 0;
            for (RemoteFile file : missing) {
                Path partial = cache.partial(file.hash());
                needed += file.size() - (Files.exists(partial) ? Files.size(partial) : 0);
            }
            long free = Files.getFileStore(folder).getUsableSpace();
            if (needed > free) {
                throw HubProblems.diskFull(
                        folder, free + " bytes free", needed + " bytes to fetch", null);
            }
        } catch (IOException e) {
            throw HubProblems.cache(folder, e);
        }
    }

    private void download(String commit, RemoteFile file, ScheduledExecutorService timer)
            throws InterruptedException {
        if (!Files.exists(cache.blob(file.hash()))) {
            try (PartialBlob partial = new PartialBlob(cache.partial(file.hash()), file)) {
                BlobDownload download =
                        new BlobDownload(
                                client,
                                commit,
                                file,
                                partial,
                                timer,
                                config.patience().stall(),
                                bytes -> report(file, bytes));
                retries.run(client.where(file.name()), partial::size, download::run);
                partial.verify(client.where(file.name()));
            }
            cache.publish(file.hash());
        }
        cache.link(commit, file);
        report(file, file.size());
    }

    private void report(RemoteFile file, long bytes) {
        synchronized (done) {
            done.put(file.name(), bytes);
            long sum = 0;
            for (long each : done.values()) {
                sum += each;
            }
            listener.progress(sum, total);
        }
    }
}

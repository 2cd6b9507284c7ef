package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The safetensors files of a folder: one, or the shards that model.safetensors.index.json names.
 *
 * <p>Thread-safety: immutable until closed.
 */
final class SafetensorsShards implements AutoCloseable {
    static final String INDEX = "model.safetensors.index.json";

    /** Older GPTQ tools write {@code gptq_model-4bit-128g.safetensors}. */
    private static final String GPTQ = "gptq_model-";

    private final List<SafetensorsFile> files = new ArrayList<>();
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    private SafetensorsShards() {}

    static SafetensorsShards open(Path folder) {
        SafetensorsShards shards = new SafetensorsShards();
        try {
            if (Files.exists(folder.resolve(INDEX))) {
                shards.openIndexed(folder, SafetensorsIndex.read(folder.resolve(INDEX)));
            } else {
                shards.add(single(folder));
            }
            return shards;
        } catch (RuntimeException e) {
            shards.close();
            throw e;
        }
    }

    Map<String, StoredTensor> tensors() {
        return tensors;
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }

    private void openIndexed(Path folder, SafetensorsIndex index) {
        for (String shard : new TreeSet<>(index.shardOf().values())) {
            add(folder.resolve(shard));
        }
        index.check(tensors);
    }

    private void add(Path path) {
        SafetensorsFile file = SafetensorsFile.open(path);
        files.add(file);
        file.tensors().forEach(this::add);
    }

    private void add(String name, StoredTensor tensor) {
        StoredTensor other = tensors.putIfAbsent(name, tensor);
        if (other != null) {
            throw Problems.refuse(
                    SafetensorsError.INDEX_MISMATCH,
                    INDEX + ": tensor " + quote(name),
                    "it in " + other.file().name() + " and in " + tensor.file().name(),
                    "each tensor in one shard",
                    Problems.FETCH_AGAIN);
        }
    }

    private static Path single(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            List<Path> found =
                    all.filter(f -> f.getFileName().toString().endsWith(".safetensors"))
                            .sorted()
                            .toList();
            Path usual = folder.resolve("model.safetensors");
            if (found.contains(usual) || found.size() == 1) {
                return found.contains(usual) ? usual : found.get(0);
            }
            List<Path> ofGptq =
                    found.stream()
                            .filter(f -> f.getFileName().toString().startsWith(GPTQ))
                            .toList();
            if (ofGptq.size() == 1) {
                return ofGptq.get(0);
            }
            throw Problems.refuse(
                    ConfigError.NO_CHECKPOINT,
                    folder.toString(),
                    found.size() + " safetensors files and no " + INDEX,
                    "model.safetensors, or shards with their index",
                    "Fetch the index too");
        } catch (IOException e) {
            throw Problems.refuse(
                    SafetensorsError.READ_FAILED,
                    folder.toString(),
                    "an error: " + e,
                    "a readable folder",
                    "Check its permissions",
                    e);
        }
    }
}

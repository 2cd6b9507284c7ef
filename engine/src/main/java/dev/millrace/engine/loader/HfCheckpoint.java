package dev.millrace.engine.loader;

import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.HfTokenizer;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.WeightSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A folder with config.json, safetensors and tokenizer.json.
 *
 * <p>Thread-safety: immutable until closed.
 */
final class HfCheckpoint implements Checkpoint {
    private static final int MAX_CONFIG_BYTES = 16 << 20;

    private final Path folder;
    private final ModelConfig config;
    private final SafetensorsShards shards;
    private final TensorStore store;
    private final String fingerprint;

    private HfCheckpoint(Path folder, ModelConfig config, SafetensorsShards shards) {
        this.folder = folder;
        this.config = config;
        this.shards = shards;
        this.store =
                new TensorStore(
                        folder.toString(), shards.tensors(), SafetensorsError.UNSUPPORTED_DTYPE);
        TensorPlan.check(config, store);
        this.fingerprint = Fingerprint.of(config, store);
    }

    static HfCheckpoint open(Path folder) {
        ModelConfig config = readConfig(folder, "config.json");
        SafetensorsShards shards = SafetensorsShards.open(folder);
        try {
            return new HfCheckpoint(folder, config, shards);
        } catch (RuntimeException e) {
            shards.close();
            throw e;
        }
    }

    /** Settings from the file {@code name}, with generation_config.json where the folder has one. */
    static ModelConfig readConfig(Path folder, String name) {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            throw Problems.refuse(
                    ConfigError.NO_CHECKPOINT,
                    folder.toString(),
                    "no " + name,
                    "a folder with config.json and *.safetensors",
                    "Take config.json from the original checkpoint");
        }
        Path generation = folder.resolve("generation_config.json");
        return HfConfigReader.read(
                JsonFiles.readObject(file, MAX_CONFIG_BYTES, ConfigError.NOT_JSON),
                Files.exists(generation)
                        ? Optional.of(
                                JsonFiles.readObject(
                                        generation, MAX_CONFIG_BYTES, ConfigError.NOT_JSON))
                        : Optional.empty());
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public Tokenizer tokenizer() {
        return HfTokenizer.open(folder.resolve("tokenizer.json"), config.vocabSize());
    }

    @Override
    public Optional<ChatTemplate> chatTemplate() {
        return HfChatTemplate.find(folder);
    }

    @Override
    public long deviceBytes() {
        return store.deviceBytes(TensorPlan.shapes(config).keySet());
    }

    @Override
    public boolean has(String name) {
        return store.has(name);
    }

    @Override
    public WeightSource matrix(String name) {
        return store.matrix(name);
    }

    @Override
    public float[] vector(String name) {
        return store.vector(name);
    }

    @Override
    public void close() {
        shards.close();
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.HfTokenizer;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.KvScales;
import dev.millrace.kernels.WeightSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
    private final Optional<QuantizedTensors> quantized;
    private final String fingerprint;

    private HfCheckpoint(
            Path folder,
            ModelConfig config,
            Optional<QuantizationFormat> format,
            SafetensorsShards shards) {
        this.folder = folder;
        this.config = config;
        this.shards = shards;
        this.store =
                new TensorStore(
                        folder.toString(), shards.tensors(), SafetensorsError.UNSUPPORTED_DTYPE);
        this.quantized =
                format.map(
                        f ->
                                new QuantizedTensors(
                                        f, store, TensorPlan.shapes(config), config.numLayers()));
        TensorPlan.check(config, store, quantized);
        this.fingerprint = Fingerprint.of(config, format.map(Object::toString).orElse(""), store);
    }

    static HfCheckpoint open(Path folder) {
        ModelConfig config = readConfig(folder, "config.json");
        Optional<QuantizationFormat> format =
                QuantizationReader.read(folder, json(folder, "config.json"));
        SafetensorsShards shards = SafetensorsShards.open(folder);
        try {
            return new HfCheckpoint(folder, config, format, shards);
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
                json(folder, name),
                Files.exists(generation)
                        ? Optional.of(json(folder, "generation_config.json"))
                        : Optional.empty());
    }

    private static ConfigJson json(Path folder, String name) {
        return JsonFiles.readObject(folder.resolve(name), MAX_CONFIG_BYTES, ConfigError.NOT_JSON);
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
    public List<TensorInfo> tensors() {
        return store.infos();
    }

    @Override
    public Optional<String> licence() {
        return HfLicence.find(folder);
    }

    @Override
    public long deviceBytes() {
        Set<String> plain = new HashSet<>(TensorPlan.shapes(config).keySet());
        long bytes = 0;
        if (quantized.isPresent()) {
            for (String name : Set.copyOf(plain)) {
                if (quantized.get().has(name)) {
                    bytes += quantized.get().deviceBytes(name);
                    plain.remove(name);
                }
            }
        }
        return bytes + store.deviceBytes(plain);
    }

    @Override
    public boolean has(String name) {
        return store.has(name) || quantized.filter(q -> q.has(name)).isPresent();
    }

    @Override
    public WeightSource matrix(String name) {
        return source(name).numbers();
    }

    @Override
    public MatrixSource source(String name) {
        return quantized
                .filter(q -> q.has(name))
                .map(q -> q.source(name))
                .orElseGet(() -> new MatrixSource.Plain(store.matrix(name)));
    }

    @Override
    public Optional<KvScales> kvScales() {
        return quantized.flatMap(QuantizedTensors::kvScales);
    }

    @Override
    public float[] vector(String name) {
        return store.vector(name);
    }

    @Override
    public WeightSource transposed(String name, int matrix, int first, int step) {
        return store.transposed(name, matrix, first, step);
    }

    @Override
    public void close() {
        shards.close();
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.HfTokenizer;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.WeightSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One GGUF file.
 *
 * <p>Thread-safety: immutable until closed.
 */
final class GgufCheckpoint implements Checkpoint {
    private final GgufFile file;
    private final ModelConfig config;
    private final TensorStore store;
    private final String fingerprint;

    private GgufCheckpoint(GgufFile file) {
        this.file = file;
        this.config = GgufConfigReader.read(file);
        Map<String, StoredTensor> tensors =
                GgufNames.translate(
                        file.tensors(), ModelFamily.of(config.modelType()).orElseThrow().rules());
        GgufRopeReader.TENSORS.forEach(tensors::remove);
        this.store = new TensorStore(file.metadata().where(), tensors, GgufError.UNSUPPORTED_TYPE);
        TensorPlan.check(config, store);
        this.fingerprint = Fingerprint.of(config, store);
    }

    static GgufCheckpoint open(Path path) {
        GgufFile file = GgufFile.open(path);
        try {
            return new GgufCheckpoint(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
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
        return HfTokenizer.of(
                file.metadata().where(),
                new GgufTokenizerReader(file.metadata()).vocabulary(),
                config.vocabSize());
    }

    @Override
    public Optional<ChatTemplate> chatTemplate() {
        return new GgufTokenizerReader(file.metadata()).chatTemplate();
    }

    @Override
    public List<TensorInfo> tensors() {
        return store.infos();
    }

    @Override
    public Optional<String> licence() {
        return file.metadata().text("general.license");
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
        WeightSource stored = store.matrix(name);
        return isInterleaved(name) ? new HalvesMatrix(stored, config.headDim()) : stored;
    }

    @Override
    public float[] vector(String name) {
        float[] stored = store.vector(name);
        return isInterleaved(name) ? HalvesMatrix.reorder(stored, config.headDim()) : stored;
    }

    @Override
    public WeightSource transposed(String name, int matrix, int first, int step) {
        return store.transposed(name, matrix, first, step);
    }

    @Override
    public void close() {
        file.close();
    }

    /** The llama architecture stores queries and keys for interleaved rotation; the others do not. */
    private boolean isInterleaved(String name) {
        return config.modelType().equals(ModelFamily.LLAMA.modelType())
                && (name.contains(".q_proj.") || name.contains(".k_proj."));
    }
}

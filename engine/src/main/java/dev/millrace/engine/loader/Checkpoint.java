package dev.millrace.engine.loader;

import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.Tokenizer;
import dev.millrace.kernels.KvScales;
import dev.millrace.kernels.WeightSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A model on disk, whatever its format: settings, weights by their Hugging Face names, tokenizer and chat template.
 *
 * <p>Opening reads headers only and checks that every tensor which the configuration calls for is there in the right shape.
 *
 * <p>Thread-safety: all methods may be called from any thread until {@link #close}.
 */
public interface Checkpoint extends AutoCloseable {

    /**
     * Opens a folder with config.json and safetensors, a .gguf file, or a folder that holds exactly one .gguf file.
     *
     * @throws InvalidModelException when there is no such checkpoint, or it is damaged or not supported
     */
    static Checkpoint open(Path path) {
        return CheckpointOpener.open(path);
    }

    /**
     * The chat template of a checkpoint, without its weights.
     *
     * @throws InvalidModelException when there is no such checkpoint, or the template is not supported
     */
    static Optional<ChatTemplate> chatTemplate(Path path) {
        return CheckpointOpener.chatTemplate(path);
    }

    /** What the decoder needs to know. */
    ModelConfig config();

    /**
     * Names this model in saved state: SHA-256, in hex, of configuration, names, types, shapes and sizes of all tensors
     * and a sample of each one's bytes.
     */
    String fingerprint();

    /** A new tokenizer of this checkpoint; the caller closes it. */
    Tokenizer tokenizer();

    /** The checkpoint's chat template, ready to render. */
    Optional<ChatTemplate> chatTemplate();

    /** Numbers that the model has learnt, however they are stored. */
    default long parameters() {
        return TensorPlan.parameters(config());
    }

    /** The tensors that the checkpoint stores, in the order of their names. */
    List<TensorInfo> tensors();

    /** The licence as the checkpoint states it. */
    Optional<String> licence();

    /** True when the checkpoint stores the tensor with this Hugging Face name. */
    boolean has(String name);

    /**
     * The matrix with this Hugging Face name, for instance {@code model.layers.0.self_attn.q_proj.weight}; one of a quantised
     * checkpoint is read as float32.
     */
    WeightSource matrix(String name);

    /** As {@link #matrix}, in the form that the checkpoint stores it, quantised or not. */
    default MatrixSource source(String name) {
        return new MatrixSource.Plain(matrix(name));
    }

    /** Scales for keys and values in E4M3, where the checkpoint has them. */
    default Optional<KvScales> kvScales() {
        return Optional.empty();
    }

    /** All numbers of the tensor with this Hugging Face name, a bias or a norm, widened to float32. */
    float[] vector(String name);

    /**
     * One of several transposed matrices in a tensor [matrices, k, columns]: row {@code j} is its column {@code first + j ·
     * step}.
     */
    WeightSource transposed(String name, int matrix, int first, int step);

    /** Memory that the weights take on a GPU: 16 bits an element, or the blocks they are stored in. */
    long deviceBytes();

    @Override
    void close();
}

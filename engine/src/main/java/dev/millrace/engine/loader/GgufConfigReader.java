package dev.millrace.engine.loader;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.RopeConfig;
import dev.millrace.kernels.Activation;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Reads the model's settings from GGUF metadata, and what only its tensors tell: biases, tying, vocabulary. */
final class GgufConfigReader {
    private static final List<ModelFamily> FAMILIES =
            List.of(ModelFamily.LLAMA, ModelFamily.QWEN2, ModelFamily.QWEN3);

    /** Keys that change the arithmetic of other models, with the number that means "off". */
    private static final Map<String, Double> REFUSED_UNLESS_OFF =
            Map.of(
                    "expert_count", 0.0,
                    "attention.sliding_window", 0.0,
                    "attention.clamp_kqv", 0.0,
                    "attention.scale", 0.0,
                    "attn_logit_softcapping", 0.0,
                    "final_logit_softcapping", 0.0,
                    "logit_scale", 1.0,
                    "embedding_scale", 1.0,
                    "residual_scale", 1.0);

    private final GgufMetadata metadata;
    private final Map<String, StoredTensor> tensors;
    private final ModelFamily family;

    private GgufConfigReader(
            GgufMetadata metadata, Map<String, StoredTensor> tensors, ModelFamily family) {
        this.metadata = metadata;
        this.tensors = tensors;
        this.family = family;
    }

    static ModelConfig read(GgufFile file) {
        GgufMetadata metadata = file.metadata();
        GgufConfigReader reader = new GgufConfigReader(metadata, file.tensors(), family(metadata));
        reader.checkUnsupported();
        return reader.read();
    }

    private ModelConfig read() {
        int hidden = required("embedding_length", HfConfigReader.MAX_WIDTH);
        int layers = required("block_count", HfConfigReader.MAX_LAYERS);
        int heads = required("attention.head_count", HfConfigReader.MAX_HEADS);
        int headDim = headDim(hidden, heads);
        int vocab = vocabSize();
        return new ModelConfig(
                family.modelType(),
                hidden,
                required("feed_forward_length", HfConfigReader.MAX_WIDTH),
                layers,
                heads,
                kvHeads(heads),
                headDim,
                vocab,
                required("context_length", HfConfigReader.MAX_POSITIONS),
                (float) metadata.requiredPositive(key("attention.layer_norm_rms_epsilon")),
                Activation.SILU,
                !tensors.containsKey("output.weight"),
                tensors.containsKey("blk.0.attn_q.bias"),
                tensors.containsKey("blk.0.attn_output.bias"),
                tensors.containsKey("blk.0.ffn_down.bias"),
                family == ModelFamily.QWEN3,
                Collections.nCopies(layers, 0),
                (float) (1 / Math.sqrt(headDim)),
                0,
                0,
                1,
                rope(headDim),
                metadata.intOr("tokenizer.ggml.bos_token_id", 0, vocab - 1, -1),
                eosTokenIds(vocab));
    }

    private int headDim(int hidden, int heads) {
        if (!metadata.has(key("attention.key_length")) && hidden % heads != 0) {
            throw metadata.invalid(key("embedding_length"), "a multiple of head_count, " + heads);
        }
        int dim =
                metadata.intOr(
                        key("attention.key_length"),
                        2,
                        HfConfigReader.MAX_HEAD_DIM,
                        hidden / heads);
        if (dim % 2 != 0) {
            throw metadata.invalid(key("attention.key_length"), "an even number");
        }
        metadata.intOr(key("attention.value_length"), dim, dim, dim);
        metadata.intOr(key("rope.dimension_count"), dim, dim, dim);
        return dim;
    }

    private int kvHeads(int heads) {
        String key = key("attention.head_count_kv");
        int kvHeads = metadata.intOr(key, 1, heads, heads);
        if (heads % kvHeads != 0) {
            throw metadata.invalid(key, "a divisor of head_count, " + heads);
        }
        return kvHeads;
    }

    /** Rows of the embedding: the list of tokens may be shorter. */
    private int vocabSize() {
        StoredTensor embedding = tensors.get("token_embd.weight");
        if (embedding == null || embedding.shape().size() != 2) {
            throw Problems.refuse(
                    ConfigError.MISSING_TENSOR,
                    metadata.where() + ": tensor 'token_embd.weight'",
                    embedding == null ? "no such tensor" : "shape " + embedding.shape(),
                    "the embedding, a matrix",
                    "Convert the model to GGUF again");
        }
        long rows = embedding.shape().get(0);
        if (rows > HfConfigReader.MAX_VOCAB) {
            throw Problems.refuse(
                    ConfigError.TENSOR_SHAPE,
                    embedding.where(),
                    "shape " + embedding.shape(),
                    "at most " + HfConfigReader.MAX_VOCAB + " rows",
                    "Convert the model to GGUF again");
        }
        metadata.intOr(key("vocab_size"), (int) rows, (int) rows, (int) rows);
        return (int) rows;
    }

    private RopeConfig rope(int headDim) {
        return GgufRopeReader.read(
                metadata,
                family.modelType(),
                headDim,
                Optional.ofNullable(tensors.get("rope_freqs.weight")));
    }

    private TokenIds eosTokenIds(int vocab) {
        int[] ids =
                IntStream.of(
                                metadata.intOr("tokenizer.ggml.eos_token_id", 0, vocab - 1, -1),
                                metadata.intOr("tokenizer.ggml.eot_token_id", 0, vocab - 1, -1))
                        .filter(id -> id >= 0)
                        .distinct()
                        .toArray();
        return TokenIds.of(ids);
    }

    private void checkUnsupported() {
        REFUSED_UNLESS_OFF.forEach(
                (name, off) -> {
                    if (metadata.has(key(name)) && metadata.number(key(name)) != off) {
                        throw metadata.refuse(
                                GgufError.UNSUPPORTED_SETTING,
                                key(name),
                                "" + metadata.number(key(name)),
                                "this setting off");
                    }
                });
    }

    private int required(String name, int high) {
        return metadata.requiredInt(key(name), 1, high);
    }

    private String key(String name) {
        return family.modelType() + "." + name;
    }

    private static ModelFamily family(GgufMetadata metadata) {
        String key = "general.architecture";
        String architecture = metadata.text(key).orElse("");
        return ModelFamily.of(architecture)
                .filter(FAMILIES::contains)
                .orElseThrow(
                        () ->
                                metadata.refuse(
                                        GgufError.ARCHITECTURE,
                                        key,
                                        architecture.isEmpty()
                                                ? "nothing"
                                                : Problems.quote(architecture),
                                        "llama, qwen2 or qwen3"));
    }
}

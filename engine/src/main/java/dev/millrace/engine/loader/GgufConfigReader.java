package dev.millrace.engine.loader;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.loader.FamilyRules.Rotation;
import dev.millrace.engine.model.AttentionConfig;
import dev.millrace.engine.model.LayerConfig;
import dev.millrace.engine.model.MlpConfig;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.NormConfig;
import dev.millrace.engine.model.RopeConfig;
import dev.millrace.kernels.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Reads the model's settings from GGUF metadata, and what only its tensors tell: biases, tying, vocabulary. */
final class GgufConfigReader {
    /** {@code general.architecture} of each family that can be read. */
    private static final Map<String, ModelFamily> FAMILIES =
            new TreeMap<>(
                    Map.of(
                            "gemma3", ModelFamily.GEMMA3,
                            "llama", ModelFamily.LLAMA,
                            "phi3", ModelFamily.PHI3,
                            "qwen2", ModelFamily.QWEN2,
                            "qwen3", ModelFamily.QWEN3));

    /** Layers of Gemma 3 27B, whose scores have a factor of their own. Source: llama.cpp, {@code gemma3}. */
    private static final int GEMMA3_27B_LAYERS = 62;

    /** Keys that change the arithmetic of other models, with the number that means "off". */
    private static final Map<String, Double> REFUSED_UNLESS_OFF =
            Map.of(
                    "expert_count", 0.0,
                    "attention.clamp_kqv", 0.0,
                    "attention.scale", 0.0,
                    "attn_logit_softcapping", 0.0,
                    "final_logit_softcapping", 0.0,
                    "logit_scale", 1.0,
                    "embedding_scale", 1.0,
                    "residual_scale", 1.0);

    private final GgufMetadata metadata;
    private final Map<String, StoredTensor> tensors;
    private final String architecture;
    private final ModelFamily family;
    private final FamilyRules rules;

    private GgufConfigReader(
            GgufMetadata metadata, Map<String, StoredTensor> tensors, String architecture) {
        this.metadata = metadata;
        this.tensors = tensors;
        this.architecture = architecture;
        this.family = FAMILIES.get(architecture);
        this.rules = family.rules();
    }

    static ModelConfig read(GgufFile file) {
        GgufMetadata metadata = file.metadata();
        GgufConfigReader reader =
                new GgufConfigReader(metadata, file.tensors(), architecture(metadata));
        reader.checkUnsupported();
        return reader.read();
    }

    private ModelConfig read() {
        int hidden = required("embedding_length", HfConfigReader.MAX_WIDTH);
        int heads = required("attention.head_count", HfConfigReader.MAX_HEADS);
        int headDim = headDim(hidden, heads);
        int vocab = vocabSize();
        List<LayerConfig> layers = layers();
        return new ModelConfig(
                family.modelType(),
                hidden,
                heads,
                kvHeads(heads),
                headDim,
                vocab,
                required("context_length", HfConfigReader.MAX_POSITIONS),
                // Norms of 1 + w are stored as such.
                NormConfig.rms(
                        (float) metadata.requiredPositive(key("attention.layer_norm_rms_epsilon"))),
                new AttentionConfig(
                        attentionScale(hidden, heads, headDim, layers.size()),
                        0,
                        hasBias(rules.names.qkv().get(0)),
                        hasBias("self_attn.o_proj"),
                        rules.qkNorm,
                        false),
                false,
                layers,
                ropes(headDim),
                rules.names,
                !tensors.containsKey("output.weight"),
                rules.unitOffset ? (float) Math.sqrt(hidden) : 1,
                1,
                0,
                metadata.intOr("tokenizer.ggml.bos_token_id", 0, vocab - 1, -1),
                eosTokenIds(vocab));
    }

    private boolean hasBias(String name) {
        String first = "model.layers.0." + name + ".bias";
        return tensors.keySet().stream().anyMatch(t -> GgufNames.translate(t, rules).equals(first));
    }

    private float attentionScale(int hidden, int heads, int headDim, int layers) {
        boolean byWidth = family == ModelFamily.GEMMA3 && layers == GEMMA3_27B_LAYERS;
        return (float) (1 / Math.sqrt(byWidth ? (double) hidden / heads : headDim));
    }

    private List<LayerConfig> layers() {
        int count = required("block_count", HfConfigReader.MAX_LAYERS);
        int window =
                metadata.intOr(key("attention.sliding_window"), 0, HfConfigReader.MAX_POSITIONS, 0);
        Activation activation =
                rules.activation.equals("silu") ? Activation.SILU : Activation.GELU_TANH;
        MlpConfig mlp =
                new MlpConfig.Gated(
                        required("feed_forward_length", HfConfigReader.MAX_WIDTH),
                        activation,
                        hasBias(rules.names.down()));
        boolean twoKinds = rules.rotation == Rotation.TWO_KINDS;
        List<LayerConfig> layers = new ArrayList<>();
        for (int layer = 0; layer < count; layer++) {
            boolean full = rules.windowPattern > 0 && (layer + 1) % rules.windowPattern == 0;
            layers.add(new LayerConfig(full ? 0 : window, twoKinds && !full ? 1 : 0, mlp));
        }
        return layers;
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

    private List<RopeConfig> ropes(int headDim) {
        GgufRopeReader reader =
                new GgufRopeReader(metadata, architecture, tensors, rotaryDim(headDim));
        return rules.rotation == Rotation.TWO_KINDS
                ? List.of(reader.read(), reader.readLocal())
                : List.of(reader.read());
    }

    private int rotaryDim(int headDim) {
        String key = key("rope.dimension_count");
        int low = rules.has("partial_rotary_factor") ? 2 : headDim;
        int dim = metadata.intOr(key, low, headDim, headDim);
        if (dim % 2 != 0) {
            throw metadata.invalid(key, "an even number");
        }
        return dim;
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
        return architecture + "." + name;
    }

    private static String architecture(GgufMetadata metadata) {
        String key = "general.architecture";
        String architecture = metadata.text(key).orElse("");
        if (!FAMILIES.containsKey(architecture)) {
            throw metadata.refuse(
                    GgufError.ARCHITECTURE,
                    key,
                    architecture.isEmpty() ? "nothing" : Problems.quote(architecture),
                    String.join(", ", FAMILIES.keySet()));
        }
        return architecture;
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.kernels.Activation;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads config.json, as transformers 4 or 5 wrote it, together with generation_config.json. */
final class HfConfigReader {
    /** Most decoder layers. */
    static final int MAX_LAYERS = 512;

    /** Largest hidden or intermediate size. */
    static final int MAX_WIDTH = 1 << 20;

    /** Most heads. */
    static final int MAX_HEADS = 4096;

    /** Largest head. */
    static final int MAX_HEAD_DIM = 1024;

    /** Largest vocabulary. */
    static final int MAX_VOCAB = 1 << 24;

    /** Longest sequence a model may claim, in tokens. */
    static final int MAX_POSITIONS = 1 << 27;

    private static final Set<String> DTYPES =
            Set.of("float32", "float16", "bfloat16", "float64", "auto");

    private final ConfigJson config;
    private final Optional<ConfigJson> generation;
    private final ModelFamily family;

    private HfConfigReader(ConfigJson config, Optional<ConfigJson> generation, ModelFamily family) {
        this.config = config;
        this.generation = generation;
        this.family = family;
    }

    static ModelConfig read(ConfigJson config, Optional<ConfigJson> generation) {
        String type = config.text("model_type").orElse("");
        ModelFamily family =
                ModelFamily.of(type).orElseThrow(() -> unsupportedFamily(config, type));
        HfConfigKeys.check(config);
        HfConfigReader reader = new HfConfigReader(config, generation, family);
        reader.checkDtype();
        return reader.read();
    }

    private ModelConfig read() {
        int hidden = config.requiredInt("hidden_size", 1, MAX_WIDTH);
        int layers = config.requiredInt("num_hidden_layers", 1, MAX_LAYERS);
        int heads = config.requiredInt("num_attention_heads", 1, MAX_HEADS);
        int headDim = headDim(hidden, heads);
        int vocab = config.requiredInt("vocab_size", 1, MAX_VOCAB);
        int positions =
                config.intOr(
                        "max_position_embeddings", 1, MAX_POSITIONS, family.defaultMaxPositions());
        boolean attentionBias =
                family != ModelFamily.MISTRAL && config.booleanOr("attention_bias", false);
        return new ModelConfig(
                family.modelType(),
                hidden,
                config.requiredInt("intermediate_size", 1, MAX_WIDTH),
                layers,
                heads,
                kvHeads(heads),
                headDim,
                vocab,
                positions,
                (float) config.positiveOr("rms_norm_eps", 1e-6),
                activation(),
                config.booleanOr("tie_word_embeddings", false),
                family == ModelFamily.QWEN2 || attentionBias,
                family != ModelFamily.QWEN2 && attentionBias,
                family == ModelFamily.LLAMA && config.booleanOr("mlp_bias", false),
                family == ModelFamily.QWEN3,
                SlidingWindows.read(config, family, layers),
                (float) (1 / Math.sqrt(headDim)),
                0,
                0,
                1,
                RopeConfigReader.read(config, headDim, positions),
                bosTokenId(vocab),
                eosTokenIds(vocab));
    }

    private int headDim(int hidden, int heads) {
        if (!config.has("head_dim") && family == ModelFamily.QWEN3) {
            return 128;
        }
        if (!config.has("head_dim") && hidden % heads != 0) {
            throw config.contradiction(
                    "hidden_size", "" + hidden, "a multiple of num_attention_heads, " + heads);
        }
        int dim = config.intOr("head_dim", 1, MAX_HEAD_DIM, Math.max(1, hidden / heads));
        if (dim % 2 != 0 || dim > MAX_HEAD_DIM) {
            throw Problems.refuse(
                    ConfigError.INVALID_VALUE,
                    config.where() + ": head_dim",
                    "" + dim,
                    "an even number up to " + MAX_HEAD_DIM,
                    "Take config.json from the original checkpoint");
        }
        return dim;
    }

    private int kvHeads(int heads) {
        int kvHeads = config.intOr("num_key_value_heads", 1, MAX_HEADS, heads);
        if (heads % kvHeads != 0) {
            throw config.contradiction(
                    "num_key_value_heads", "" + kvHeads, "a divisor of " + heads + " heads");
        }
        return kvHeads;
    }

    private Activation activation() {
        String name = config.text("hidden_act").orElse("silu");
        return switch (name) {
            case "silu", "swish" -> Activation.SILU;
            case "gelu_pytorch_tanh" -> Activation.GELU_TANH;
            default ->
                    throw Problems.refuse(
                            ConfigError.UNSUPPORTED_SETTING,
                            config.where() + ": hidden_act",
                            Problems.quote(name),
                            "silu or gelu_pytorch_tanh",
                            "Use a model of a supported family");
        };
    }

    private void checkDtype() {
        for (String key : List.of("dtype", "torch_dtype")) {
            String name = config.text(key).orElse("auto");
            if (!DTYPES.contains(name)) {
                throw config.invalid(key, config.object().get(key), "float32, float16 or bfloat16");
            }
        }
    }

    private int bosTokenId(int vocab) {
        ConfigJson source = generation.filter(g -> g.has("bos_token_id")).orElse(config);
        return source.intOr("bos_token_id", 0, vocab - 1, -1);
    }

    private TokenIds eosTokenIds(int vocab) {
        ConfigJson source = generation.filter(g -> g.has("eos_token_id")).orElse(config);
        List<Integer> ids = source.ints("eos_token_id", 0, vocab - 1);
        return TokenIds.of(ids.stream().mapToInt(Integer::intValue).toArray());
    }

    private static RuntimeException unsupportedFamily(ConfigJson config, String type) {
        return Problems.refuse(
                ConfigError.UNSUPPORTED_FAMILY,
                config.where() + ": model_type",
                type.isEmpty() ? "nothing" : Problems.quote(type),
                ModelFamily.names(),
                "Use a model of a supported family");
    }
}

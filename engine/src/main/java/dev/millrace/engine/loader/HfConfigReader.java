package dev.millrace.engine.loader;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.AttentionConfig;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.NormConfig;
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

    /** Most experts of a layer. */
    static final int MAX_EXPERTS = 1024;

    /** Most experts that a token goes to. */
    static final int MAX_CHOSEN = 32;

    /** Largest vocabulary. */
    static final int MAX_VOCAB = 1 << 24;

    /** Longest sequence a model may claim, in tokens. */
    static final int MAX_POSITIONS = 1 << 27;

    private static final Set<String> DTYPES =
            Set.of("float32", "float16", "bfloat16", "float64", "auto");

    private final ConfigJson config;
    private final Optional<ConfigJson> generation;
    private final ModelFamily family;
    private final FamilyRules rules;

    private HfConfigReader(ConfigJson config, Optional<ConfigJson> generation, ModelFamily family) {
        this.config = config;
        this.generation = generation;
        this.family = family;
        this.rules = family.rules();
    }

    static ModelConfig read(ConfigJson config, Optional<ConfigJson> generation) {
        String type = config.text("model_type").orElse("");
        ModelFamily family =
                ModelFamily.of(type).orElseThrow(() -> unsupportedFamily(config, type));
        HfConfigKeys.check(config, family);
        HfConfigReader reader = new HfConfigReader(config, generation, family);
        reader.checkDtype();
        return reader.read();
    }

    private ModelConfig read() {
        int hidden = config.requiredInt("hidden_size", 1, MAX_WIDTH);
        int count = config.requiredInt("num_hidden_layers", 1, MAX_LAYERS);
        int heads = config.requiredInt("num_attention_heads", 1, MAX_HEADS);
        int headDim = headDim(hidden, heads);
        int vocab = config.requiredInt("vocab_size", 1, MAX_VOCAB);
        int positions =
                config.intOr("max_position_embeddings", 1, MAX_POSITIONS, rules.maxPositions);
        double residualScale = config.positiveOr("residual_multiplier", 1);
        return new ModelConfig(
                family.modelType(),
                hidden,
                heads,
                kvHeads(heads),
                headDim,
                vocab,
                positions,
                norm(residualScale),
                attention(headDim),
                rules.parallelBlock,
                new LayersReader(config, rules, count, activation()).read(),
                RopeConfigReader.read(config, rules, headDim, positions),
                rules.names,
                config.booleanOr("tie_word_embeddings", rules.tied),
                (float) (embeddingScale(hidden) / residualScale),
                logitScale(),
                softCap("final_logit_softcapping", family == ModelFamily.GEMMA2 ? 30 : 0),
                bosTokenId(vocab),
                eosTokenIds(vocab));
    }

    /**
     * A model whose blocks are added with a factor r keeps its residual stream in units of r: embeddings are divided by r,
     * nothing is multiplied, and a norm gives the same if its epsilon is divided by r².
     */
    private NormConfig norm(double residualScale) {
        double epsilon = config.positiveOr(rules.epsilonKey, rules.epsilon);
        return new NormConfig(
                rules.norm,
                (float) (epsilon / (residualScale * residualScale)),
                rules.unitOffset,
                rules.normBias);
    }

    private AttentionConfig attention(int headDim) {
        boolean setting = config.booleanOr("attention_bias", false);
        boolean all = config.booleanOr("use_bias", true);
        return new AttentionConfig(
                attentionScale(headDim),
                softCap("attn_logit_softcapping", family == ModelFamily.GEMMA2 ? 50 : 0),
                switch (rules.bias) {
                    case NONE -> false;
                    case ATTENTION, ATTENTION_INPUT -> setting;
                    case ALWAYS_ATTENTION_INPUT -> true;
                    case EVERYTHING -> all;
                },
                switch (rules.bias) {
                    case NONE, ATTENTION_INPUT, ALWAYS_ATTENTION_INPUT -> false;
                    case ATTENTION -> setting;
                    case EVERYTHING -> all;
                },
                rules.qkNorm,
                rules.sinks);
    }

    private float attentionScale(int headDim) {
        if (rules.has("attention_multiplier")) {
            return (float) config.positiveOr("attention_multiplier", 1);
        }
        double dim =
                rules.has("query_pre_attn_scalar")
                        ? config.positiveOr("query_pre_attn_scalar", 256)
                        : headDim;
        return (float) (1 / Math.sqrt(dim));
    }

    private double embeddingScale(int hidden) {
        return rules.unitOffset ? Math.sqrt(hidden) : config.positiveOr("embedding_multiplier", 1);
    }

    private float logitScale() {
        return (float)
                (rules.has("logit_scale")
                        ? config.positiveOr("logit_scale", 0.0625)
                        : 1 / config.positiveOr("logits_scaling", 1));
    }

    /** An absent key is not null: the family's configuration class then assumes a cap. */
    private float softCap(String key, double assumed) {
        return (float) config.positiveOr(key, config.object().has(key) ? 0 : assumed);
    }

    private int headDim(int hidden, int heads) {
        boolean assumed = rules.headDim > 0;
        if (!config.has("head_dim") && !assumed && hidden % heads != 0) {
            throw config.contradiction(
                    "hidden_size", "" + hidden, "a multiple of num_attention_heads, " + heads);
        }
        int rest = assumed ? rules.headDim : Math.max(1, hidden / heads);
        int dim = config.intOr("head_dim", 1, MAX_HEAD_DIM, rest);
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
        String name = config.text(rules.activationKey).orElse(rules.activation);
        return switch (name) {
            case "silu", "swish" -> Activation.SILU;
            case "gelu_pytorch_tanh", "gelu_new" -> Activation.GELU_TANH;
            default ->
                    throw Problems.refuse(
                            ConfigError.UNSUPPORTED_SETTING,
                            config.where() + ": " + rules.activationKey,
                            Problems.quote(name),
                            "silu, gelu_pytorch_tanh or gelu_new",
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

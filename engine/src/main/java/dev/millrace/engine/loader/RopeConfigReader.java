package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.millrace.engine.loader.FamilyRules.Rotation;
import dev.millrace.engine.model.RopeConfig;
import dev.millrace.engine.model.RopeScaling;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@code rope_parameters} (transformers 5) or {@code rope_theta} and {@code rope_scaling} (transformers 4).
 * Defaults as in transformers' {@code modeling_rope_utils}.
 */
final class RopeConfigReader {
    private static final double DEFAULT_THETA = 10_000;
    private static final int MAX_POSITIONS = HfConfigReader.MAX_POSITIONS;
    private static final Set<String> KEYS =
            Set.of(
                    "attention_factor",
                    "beta_fast",
                    "beta_slow",
                    "factor",
                    "high_freq_factor",
                    "long_factor",
                    "low_freq_factor",
                    "mscale",
                    "mscale_all_dim",
                    "original_max_position_embeddings",
                    "partial_rotary_factor",
                    "rope_theta",
                    "rope_type",
                    "short_factor",
                    "truncate",
                    "type");

    private final ConfigJson config;
    private final ConfigJson rope;
    private final FamilyRules rules;
    private final int headDim;
    private final int maxPositions;

    private RopeConfigReader(
            ConfigJson config, ConfigJson rope, FamilyRules rules, int headDim, int maxPositions) {
        this.config = config;
        this.rope = rope;
        this.rules = rules;
        this.headDim = headDim;
        this.maxPositions = maxPositions;
    }

    /** The model's rotations; of two, that of the layers without a window is the first. */
    static List<RopeConfig> read(
            ConfigJson config, FamilyRules rules, int headDim, int maxPositions) {
        Optional<ConfigJson> parameters = config.child("rope_parameters");
        Optional<ConfigJson> scaling = config.child("rope_scaling");
        if (parameters.isPresent() && scaling.isPresent()) {
            throw config.contradiction(
                    "rope_scaling", "rope_scaling and rope_parameters", "one of the two");
        }
        ConfigJson none = new ConfigJson(config.where(), JsonNodeFactory.instance.objectNode());
        ConfigJson first = parameters.or(() -> scaling).orElse(none);
        boolean two = rules.rotation == Rotation.TWO_KINDS;
        boolean byType = two && parameters.isPresent();
        if (byType) {
            first = parameters.get().child("full_attention").orElse(none);
        }
        double theta = config.positiveOr("rope_theta", rules.theta);
        RopeConfig full =
                new RopeConfigReader(config, first, rules, headDim, maxPositions).read(theta);
        if (!two) {
            return List.of(full);
        }
        ConfigJson second =
                byType ? parameters.get().child("sliding_attention").orElse(none) : none;
        double local = config.positiveOr("rope_local_base_freq", DEFAULT_THETA);
        return List.of(
                full,
                new RopeConfigReader(config, second, rules, headDim, maxPositions).read(local));
    }

    private RopeConfig read(double theta) {
        checkKeys();
        return new RopeConfig(
                rope.positiveOr("rope_theta", theta), rotaryDim(), rules.interleaved, scaling());
    }

    private void checkKeys() {
        rope.object()
                .fieldNames()
                .forEachRemaining(
                        key -> {
                            if (!KEYS.contains(key)) {
                                throw unsupported(key, "this key", String.join(", ", KEYS));
                            }
                        });
    }

    private int rotaryDim() {
        String key = "partial_rotary_factor";
        double top = config.positiveOr(key, rules.partialRotary);
        double share = rope.positiveOr(key, top);
        int dim = (int) (headDim * share);
        if (share != 1 && !rules.has(key)) {
            throw unsupported(key, "a value below 1", "1");
        }
        if (share > 1 || dim < 2 || dim % 2 != 0) {
            throw unsupported(
                    key, "" + share, "a share of " + headDim + " elements that is an even number");
        }
        return dim;
    }

    private RopeScaling scaling() {
        String type = type();
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(rope.requiredPositive("factor"));
            case "dynamic" -> new RopeScaling.Dynamic(rope.requiredPositive("factor"));
            case "llama3" -> llama3();
            case "yarn" -> yarn();
            case "longrope", "su" -> longRope();
            default ->
                    throw unsupported(
                            "rope_type",
                            Problems.quote(type),
                            "default, linear, dynamic, llama3, yarn or longrope");
        };
    }

    private String type() {
        Optional<String> now = rope.text("rope_type");
        Optional<String> before = rope.text("type");
        if (now.isPresent() && before.isPresent() && !now.equals(before)) {
            throw rope.contradiction(
                    "type", "rope_type " + now.get() + " and type " + before.get(), "the same");
        }
        return now.or(() -> before).orElse("default");
    }

    private RopeScaling llama3() {
        double low = rope.requiredPositive("low_freq_factor");
        double high = rope.requiredPositive("high_freq_factor");
        if (high <= low) {
            throw rope.contradiction(
                    "high_freq_factor", "" + high, "more than low_freq_factor, " + low);
        }
        return new RopeScaling.Llama3(
                rope.requiredPositive("factor"),
                low,
                high,
                rope.requiredInt("original_max_position_embeddings", 1, MAX_POSITIONS));
    }

    private RopeScaling yarn() {
        int original =
                rope.intOr("original_max_position_embeddings", 1, MAX_POSITIONS, maxPositions);
        double factor =
                rope.has("factor")
                        ? rope.requiredPositive("factor")
                        : (double) maxPositions / original;
        return new RopeScaling.Yarn(
                factor,
                original,
                rope.positiveOr("beta_fast", 32),
                rope.positiveOr("beta_slow", 1),
                rope.positiveOr("attention_factor", attentionFactor(factor)),
                rope.booleanOr("truncate", true));
    }

    private RopeScaling longRope() {
        String key = "original_max_position_embeddings";
        ConfigJson holder = rope.has(key) ? rope : config;
        int original = holder.requiredInt(key, 2, MAX_POSITIONS);
        double factor = rope.positiveOr("factor", (double) maxPositions / original);
        double magnitude = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
        return new RopeScaling.LongRope(
                factors("short_factor"),
                factors("long_factor"),
                original,
                rope.positiveOr("attention_factor", magnitude));
    }

    private List<Float> factors(String key) {
        int count = rotaryDim() / 2;
        List<Float> factors = rope.positives(key);
        if (factors.size() != count) {
            throw rope.contradiction(
                    key, factors.size() + " numbers", count + ", one for each pair that turns");
        }
        return factors;
    }

    private double attentionFactor(double factor) {
        if (rope.has("mscale") && rope.has("mscale_all_dim")) {
            return magnitude(factor, rope.requiredPositive("mscale"))
                    / magnitude(factor, rope.requiredPositive("mscale_all_dim"));
        }
        return magnitude(factor, 1);
    }

    private static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private RuntimeException unsupported(String key, String given, String allowed) {
        return Problems.refuse(
                ConfigError.UNSUPPORTED_ROPE,
                rope.where() + ": " + key,
                given,
                allowed,
                "Use a model with a supported kind of rope scaling");
    }
}

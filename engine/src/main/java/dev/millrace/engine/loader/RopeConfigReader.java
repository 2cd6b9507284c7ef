package dev.millrace.engine.loader;

import dev.millrace.engine.model.RopeConfig;
import dev.millrace.engine.model.RopeScaling;
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
                    "low_freq_factor",
                    "mscale",
                    "mscale_all_dim",
                    "original_max_position_embeddings",
                    "partial_rotary_factor",
                    "rope_theta",
                    "rope_type",
                    "truncate",
                    "type");

    private final ConfigJson rope;
    private final int maxPositions;

    private RopeConfigReader(ConfigJson rope, int maxPositions) {
        this.rope = rope;
        this.maxPositions = maxPositions;
    }

    static RopeConfig read(ConfigJson config, int headDim, int maxPositions) {
        Optional<ConfigJson> parameters = config.child("rope_parameters");
        Optional<ConfigJson> scaling = config.child("rope_scaling");
        if (parameters.isPresent() && scaling.isPresent()) {
            throw config.contradiction(
                    "rope_scaling", "rope_scaling and rope_parameters", "one of the two");
        }
        double theta = config.positiveOr("rope_theta", DEFAULT_THETA);
        if (parameters.isPresent()) {
            theta = parameters.get().positiveOr("rope_theta", theta);
        }
        Optional<ConfigJson> rope = parameters.or(() -> scaling);
        if (rope.isEmpty()) {
            return new RopeConfig(theta, headDim, new RopeScaling.None());
        }
        RopeConfigReader reader = new RopeConfigReader(rope.get(), maxPositions);
        reader.checkKeys();
        return new RopeConfig(theta, headDim, reader.scaling());
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
        if (rope.positiveOr("partial_rotary_factor", 1) != 1) {
            throw unsupported("partial_rotary_factor", "a value below 1", "1");
        }
    }

    private RopeScaling scaling() {
        String type = type();
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(rope.requiredPositive("factor"));
            case "dynamic" -> new RopeScaling.Dynamic(rope.requiredPositive("factor"));
            case "llama3" -> llama3();
            case "yarn" -> yarn();
            default ->
                    throw unsupported(
                            "rope_type",
                            Problems.quote(type),
                            "default, linear, dynamic, llama3 or yarn");
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

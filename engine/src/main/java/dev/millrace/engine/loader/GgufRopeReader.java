package dev.millrace.engine.loader;

import dev.millrace.engine.model.RopeConfig;
import dev.millrace.engine.model.RopeScaling;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads the rotation's settings from GGUF metadata, or its divisors from tensors. */
final class GgufRopeReader {
    private static final String DIVISORS = "rope_freqs.weight";
    private static final String SHORT_FACTORS = "rope_factors_short.weight";
    private static final String LONG_FACTORS = "rope_factors_long.weight";

    /** Tensors that belong to the rotation. */
    static final List<String> TENSORS = List.of(DIVISORS, SHORT_FACTORS, LONG_FACTORS);

    private static final double DEFAULT_THETA = 10_000;

    private final GgufMetadata metadata;
    private final Map<String, StoredTensor> tensors;
    private final String prefix;
    private final int rotaryDim;

    GgufRopeReader(
            GgufMetadata metadata,
            String architecture,
            Map<String, StoredTensor> tensors,
            int rotaryDim) {
        this.metadata = metadata;
        this.tensors = tensors;
        this.prefix = architecture + ".rope.";
        this.rotaryDim = rotaryDim;
    }

    /** The rotation of the layers without a window, which often is that of all. */
    RopeConfig read() {
        double theta = metadata.positiveOr(prefix + "freq_base", DEFAULT_THETA);
        RopeScaling scaling =
                tensors.containsKey(LONG_FACTORS) ? longRope() : withDivisors(scaling());
        return new RopeConfig(theta, rotaryDim, false, scaling);
    }

    /** The rotation of layers with a window, where they have one of their own. */
    RopeConfig readLocal() {
        double theta = metadata.positiveOr(prefix + "freq_base_swa", DEFAULT_THETA);
        return new RopeConfig(theta, rotaryDim, false, new RopeScaling.None());
    }

    private RopeScaling withDivisors(RopeScaling scaling) {
        if (!tensors.containsKey(DIVISORS)) {
            return scaling;
        }
        if (!(scaling instanceof RopeScaling.None)) {
            throw refuse("scaling.type", "a scaling beside " + DIVISORS, "one of the two");
        }
        return new RopeScaling.Divisors(readDivisors(DIVISORS));
    }

    private RopeScaling longRope() {
        String type = metadata.text(prefix + "scaling.type").orElse("longrope");
        if (!type.equals("longrope") && !type.equals("none")) {
            throw refuse("scaling.type", Problems.quote(type), "longrope, beside " + LONG_FACTORS);
        }
        return new RopeScaling.LongRope(
                readDivisors(SHORT_FACTORS),
                readDivisors(LONG_FACTORS),
                metadata.requiredInt(
                        prefix + "scaling.original_context_length",
                        2,
                        HfConfigReader.MAX_POSITIONS),
                metadata.positiveOr(prefix + "scaling.attn_factor", 1));
    }

    private RopeScaling scaling() {
        String type = metadata.text(prefix + "scaling.type").orElse("none");
        return switch (type) {
            case "none" -> older();
            case "linear" -> new RopeScaling.Linear(factor());
            case "yarn" -> yarn();
            default -> throw refuse("scaling.type", Problems.quote(type), "none, linear or yarn");
        };
    }

    /** Files from before {@code scaling.type} have {@code scale_linear}. */
    private RopeScaling older() {
        double factor = metadata.positiveOr(prefix + "scale_linear", 1);
        return factor == 1 ? new RopeScaling.None() : new RopeScaling.Linear(factor);
    }

    private RopeScaling yarn() {
        double factor = factor();
        String original = prefix + "scaling.original_context_length";
        double magnitude = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
        if (metadata.has(prefix + "scaling.yarn_log_multiplier")) {
            throw refuse("scaling.yarn_log_multiplier", "a value", "nothing");
        }
        return new RopeScaling.Yarn(
                factor,
                metadata.requiredInt(original, 1, HfConfigReader.MAX_POSITIONS),
                metadata.positiveOr(prefix + "scaling.yarn_beta_fast", 32),
                metadata.positiveOr(prefix + "scaling.yarn_beta_slow", 1),
                magnitude * metadata.positiveOr(prefix + "scaling.attn_factor", 1),
                true);
    }

    private double factor() {
        return metadata.requiredPositive(prefix + "scaling.factor");
    }

    private List<Float> readDivisors(String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw Problems.refuse(
                    ConfigError.MISSING_TENSOR,
                    metadata.where() + ": tensor " + Problems.quote(name),
                    "no such tensor",
                    "one, beside " + LONG_FACTORS,
                    "Convert the model to GGUF again");
        }
        int count = rotaryDim / 2;
        if (!tensor.type().equals("F32") || !tensor.shape().equals(List.of((long) count))) {
            throw Problems.refuse(
                    ConfigError.TENSOR_SHAPE,
                    tensor.where(),
                    tensor.type() + " " + tensor.shape(),
                    "F32 [" + count + "]",
                    "Convert the model to GGUF again");
        }
        ByteBuffer bytes = tensor.file().read(tensor.position(), 4 * count);
        List<Float> divisors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float divisor = bytes.getFloat();
            if (!(divisor > 0) || Float.isInfinite(divisor)) {
                throw Problems.refuse(
                        GgufError.VALUE_RANGE,
                        tensor.where(),
                        "" + divisor,
                        "finite numbers above 0",
                        "Convert the model to GGUF again");
            }
            divisors.add(divisor);
        }
        return divisors;
    }

    private RuntimeException refuse(String name, String given, String allowed) {
        return metadata.refuse(GgufError.UNSUPPORTED_SETTING, prefix + name, given, allowed);
    }
}

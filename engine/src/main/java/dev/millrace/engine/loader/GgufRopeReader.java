package dev.millrace.engine.loader;

import dev.millrace.engine.model.RopeConfig;
import dev.millrace.engine.model.RopeScaling;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the rotation's settings from GGUF metadata, or its divisors from {@code rope_freqs.weight}. */
final class GgufRopeReader {
    private static final double DEFAULT_THETA = 10_000;

    private final GgufMetadata metadata;
    private final String prefix;

    private GgufRopeReader(GgufMetadata metadata, String architecture) {
        this.metadata = metadata;
        this.prefix = architecture + ".rope.";
    }

    static RopeConfig read(
            GgufMetadata metadata,
            String architecture,
            int headDim,
            Optional<StoredTensor> divisors) {
        GgufRopeReader reader = new GgufRopeReader(metadata, architecture);
        double theta = metadata.positiveOr(reader.prefix + "freq_base", DEFAULT_THETA);
        RopeScaling scaling = reader.scaling();
        if (divisors.isPresent()) {
            if (!(scaling instanceof RopeScaling.None)) {
                throw reader.refuse(
                        "scaling.type", "a scaling beside rope_freqs.weight", "one of the two");
            }
            scaling = readDivisors(divisors.get(), headDim);
        }
        return new RopeConfig(theta, headDim, scaling);
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

    private static RopeScaling readDivisors(StoredTensor tensor, int headDim) {
        int count = headDim / 2;
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
        return new RopeScaling.Divisors(divisors);
    }

    private RuntimeException refuse(String name, String given, String allowed) {
        return metadata.refuse(GgufError.UNSUPPORTED_SETTING, prefix + name, given, allowed);
    }
}

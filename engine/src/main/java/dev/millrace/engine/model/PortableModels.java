package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.TensorInfo;
import dev.millrace.kernels.Activation;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import java.util.Optional;

/**
 * Tells which models only the portable CPU kernels compute: those with anything that the native ones were not made for.
 *
 * <p>Thread-safety: stateless.
 */
public final class PortableModels {
    private PortableModels() {}

    /** Why the native kernels will not do for this model, to be read after "as"; empty where they will. */
    public static Optional<String> reason(
            Checkpoint checkpoint, ActivationQuantization activationQuantization) {
        return e4m3(checkpoint, activationQuantization)
                .or(() -> keysAndValues(checkpoint, activationQuantization))
                .or(() -> decoder(checkpoint.config()));
    }

    /** Native products take E4M3 numbers with activations as they are. */
    private static Optional<String> e4m3(
            Checkpoint checkpoint, ActivationQuantization activationQuantization) {
        boolean isNative = activationQuantization != ActivationQuantization.CHECKPOINT;
        return isNative
                ? Optional.empty()
                : checkpoint.tensors().stream()
                        .filter(tensor -> tensor.type().startsWith("F8_"))
                        .findFirst()
                        .map(PortableModels::stored);
    }

    private static String stored(TensorInfo tensor) {
        return tensor.name() + " is stored in " + tensor.type();
    }

    private static Optional<String> keysAndValues(
            Checkpoint checkpoint, ActivationQuantization activationQuantization) {
        boolean scaled =
                activationQuantization == ActivationQuantization.CHECKPOINT
                        && checkpoint.kvScales().isPresent();
        return scaled ? Optional.of("its keys and values have scales") : Optional.empty();
    }

    private static Optional<String> decoder(ModelConfig model) {
        boolean layersAreNative = model.layers().stream().allMatch(PortableModels::isNative);
        boolean isNative =
                layersAreNative
                        && hasNativeNorms(model)
                        && !model.parallelBlock()
                        && !model.attention().sinks()
                        && model.ropes().stream().allMatch(PortableModels::isNative);
        return isNative
                ? Optional.empty()
                : Optional.of(
                        "it is a " + model.modelType() + ", with more than a plain decoder has");
    }

    private static boolean hasNativeNorms(ModelConfig model) {
        NormConfig norm = model.norm();
        LayerNames names = model.names();
        return norm.kind() == NormConfig.Kind.RMS
                && !norm.unitOffset()
                && !norm.bias()
                && model.attention().qkNorm() != AttentionConfig.QkNorm.FULL
                && names.attentionNorm() != null
                && names.attentionPostNorm() == null
                && names.mlpNorm() != null
                && names.mlpPostNorm() == null;
    }

    private static boolean isNative(LayerConfig layer) {
        return layer.rope() != LayerConfig.NO_ROPE
                && layer.mlp() instanceof MlpConfig.Gated mlp
                && mlp.activation() != Activation.CLAMPED_SILU;
    }

    private static boolean isNative(RopeConfig rope) {
        return !rope.interleaved() && !(rope.scaling() instanceof RopeScaling.LongRope);
    }
}

package dev.millrace.engine.model;

import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import java.util.List;

/**
 * Brings biases and norms to the device.
 *
 * <p>Thread-safety: none.
 */
final class VectorLoader {
    private final Checkpoint checkpoint;
    private final Kernels kernels;
    private final NormConfig norm;

    VectorLoader(Checkpoint checkpoint, Kernels kernels) {
        this.checkpoint = checkpoint;
        this.kernels = kernels;
        this.norm = checkpoint.config().norm();
    }

    /** The norm {@code name} of a block's input; its result is multiplied by {@code scale}. Null names none. */
    Norm norm(String name, float scale) {
        if (name == null) {
            return new Norm.None();
        }
        Tensor weight = normWeight(name, scale);
        return switch (norm.kind()) {
            case RMS -> new Norm.Rms(weight, norm.epsilon());
            case LAYER ->
                    new Norm.Layer(
                            weight,
                            norm.bias() ? scaled(name + ".bias", 0, scale) : null,
                            norm.epsilon());
        };
    }

    /** Weight of the RMSNorm {@code name}: F32 [1, length]; null for null. */
    Tensor normWeight(String name) {
        return name == null ? null : normWeight(name, 1);
    }

    private Tensor normWeight(String name, float scale) {
        return scaled(name + ".weight", norm.unitOffset() ? 1 : 0, scale);
    }

    private Tensor scaled(String name, float offset, float scale) {
        float[] values = checkpoint.vector(name);
        for (int i = 0; i < values.length; i++) {
            values[i] = (values[i] + offset) * scale;
        }
        return tensor(values, 1);
    }

    /** The named vectors one after another: F32 [1, length of all]. */
    Tensor vectors(List<String> names) {
        List<float[]> parts = names.stream().map(checkpoint::vector).toList();
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int offset = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, offset, part.length);
            offset += part.length;
        }
        return tensor(all, 1);
    }

    /** The matrix {@code name}: F32 [rows, columns]. */
    Tensor matrix(String name, int rows) {
        return tensor(checkpoint.vector(name), rows);
    }

    /** F32 [rows, columns]. */
    Tensor tensor(float[] values, int rows) {
        Tensor tensor = kernels.allocate(DType.F32, rows, values.length / rows, "weights");
        kernels.copyIn(values, values.length, tensor);
        return tensor;
    }
}

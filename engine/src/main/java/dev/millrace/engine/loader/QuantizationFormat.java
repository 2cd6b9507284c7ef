package dev.millrace.engine.loader;

import java.util.List;
import java.util.Optional;

/**
 * How a checkpoint stores its quantised matrices, as its settings say; a record for each method, whose text tells two of them
 * apart. A module is a linear layer, for instance {@code model.layers.0.self_attn.q_proj}.
 */
sealed interface QuantizationFormat
        permits GptqFormat, AwqFormat, CompressedTensorsFormat, BlockFp8Format, ModelOptFormat {

    /** Whether the checkpoint holds the module's matrix in this form; otherwise it is stored as plain numbers. */
    boolean holds(TensorStore store, String module);

    /** The tensors that make up the matrix [n, k] of a module. */
    List<TensorSpec> tensors(TensorStore store, String module, int n, int k);

    /** The matrix [n, k] of a module, whose tensors were checked. */
    MatrixSource matrix(TensorStore store, String module, int n, int k);

    /**
     * Name of the scale with which keys ({@code k}) or values ({@code v}) of a layer are rounded to E4M3; {@code attention} is that of
     * the layer's attention, for instance {@code model.layers.0.self_attn}. Empty when they are not.
     */
    default Optional<String> kvScale(String attention, String which) {
        return Optional.empty();
    }
}

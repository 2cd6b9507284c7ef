package dev.millrace.engine.model;

import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import java.util.List;

/**
 * Weights of one decoder layer.
 *
 * @param attentionNorm of attention's input
 * @param qkv query, key and value rows: one matrix [(H + 2 Hkv) · D, E] when their formats agree, otherwise three
 * @param qNorm F32 [1, D], [1, H · D] for all heads together, or null
 * @param kNorm F32 [1, D], [1, Hkv · D] for all heads together, or null
 * @param sinks F32 [1, H], or null
 * @param rope table of angles, or null for none
 * @param output [E, H · D]
 * @param attentionPostNorm of attention's output, RMSNorm F32 [1, E], or null
 * @param mlpNorm of the MLP's input; null in a parallel block
 * @param mlp what follows attention
 * @param mlpPostNorm of the MLP's output, RMSNorm F32 [1, E], or null
 */
record LayerWeights(
        Norm attentionNorm,
        List<LinearLayer> qkv,
        Tensor qNorm,
        Tensor kNorm,
        Tensor sinks,
        Rope rope,
        LinearLayer output,
        Tensor attentionPostNorm,
        Norm mlpNorm,
        MlpWeights mlp,
        Tensor mlpPostNorm) {

    LayerWeights {
        qkv = List.copyOf(qkv);
    }
}

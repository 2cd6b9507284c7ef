package dev.millrace.engine.model;

import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.List;

/**
 * Weights of one decoder layer.
 *
 * @param inputNorm F32 [1, E]
 * @param qkv query, key and value rows: one matrix [(H + 2 Hkv) · D, E] when their formats agree, otherwise three
 * @param qNorm F32 [1, D], or null
 * @param kNorm F32 [1, D], or null
 * @param output [E, H · D]
 * @param postAttentionNorm F32 [1, E]
 * @param gateUp gate rows, then up rows: [2F, E]
 * @param gateUpBias F32 [1, 2F], or null
 * @param down [E, F]
 */
record LayerWeights(
        Tensor inputNorm,
        List<LinearLayer> qkv,
        Tensor qNorm,
        Tensor kNorm,
        LinearLayer output,
        Tensor postAttentionNorm,
        Weight gateUp,
        Tensor gateUpBias,
        LinearLayer down) {

    LayerWeights {
        qkv = List.copyOf(qkv);
    }
}

package dev.millrace.engine.model;

import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.List;

/**
 * All weights of a decoder, on the device.
 *
 * @param embedding [V, E]
 * @param layers L
 * @param finalNorm F32 [1, E]
 * @param head [V, E]; the embedding itself when they are tied
 * @param rope rotation table over the longest sequence
 */
record DecoderWeights(
        Weight embedding, List<LayerWeights> layers, Tensor finalNorm, Weight head, Rope rope) {

    DecoderWeights {
        layers = List.copyOf(layers);
    }
}

package dev.millrace.engine.model;

import dev.millrace.kernels.Weight;
import java.util.List;

/**
 * All weights of a decoder, on the device.
 *
 * @param embedding [V, E]
 * @param layers L
 * @param finalNorm of the last layer's output; holds the factor of the logits too
 * @param head [V, E]; the embedding itself when they are tied
 */
record DecoderWeights(Weight embedding, List<LayerWeights> layers, Norm finalNorm, Weight head) {

    DecoderWeights {
        layers = List.copyOf(layers);
    }
}

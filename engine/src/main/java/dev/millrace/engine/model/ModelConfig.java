package dev.millrace.engine.model;

import dev.millrace.engine.TokenIds;
import dev.millrace.kernels.Activation;
import java.util.List;
import java.util.Objects;

/**
 * Everything the decoder needs to know about a model beside its weights, whatever format the checkpoint has.
 *
 * @param modelType family, in Hugging Face's word
 * @param hiddenSize elements of a token's state
 * @param intermediateSize elements inside the MLP
 * @param numLayers decoder layers
 * @param numHeads query heads
 * @param numKvHeads key and value heads, a divisor of {@code numHeads}
 * @param headDim elements of a head
 * @param vocabSize rows of the embedding and of the output matrix
 * @param maxPositionEmbeddings longest sequence in tokens
 * @param normEpsilon added to the mean square in RMSNorm
 * @param activation gate function of the MLP
 * @param tieWordEmbeddings the output matrix is the embedding
 * @param qkvBias q, k and v projections have a bias
 * @param attentionOutputBias the projection after attention has a bias
 * @param mlpBias the MLP's projections have biases
 * @param qkNorm RMSNorm over each query and key head before rotation
 * @param slidingWindows for each layer, how many tokens a token sees, itself included; 0 for all
 * @param attentionScale factor of the attention scores
 * @param attentionSoftCap soft cap of the attention scores; 0 for none
 * @param finalLogitSoftCap soft cap of the logits; 0 for none
 * @param embeddingScale factor of the embeddings
 * @param rope rotation of queries and keys
 * @param bosTokenId token that starts a text; -1 for none
 * @param eosTokenIds tokens that end an answer
 */
public record ModelConfig(
        String modelType,
        int hiddenSize,
        int intermediateSize,
        int numLayers,
        int numHeads,
        int numKvHeads,
        int headDim,
        int vocabSize,
        int maxPositionEmbeddings,
        float normEpsilon,
        Activation activation,
        boolean tieWordEmbeddings,
        boolean qkvBias,
        boolean attentionOutputBias,
        boolean mlpBias,
        boolean qkNorm,
        List<Integer> slidingWindows,
        float attentionScale,
        float attentionSoftCap,
        float finalLogitSoftCap,
        float embeddingScale,
        RopeConfig rope,
        int bosTokenId,
        TokenIds eosTokenIds) {

    public ModelConfig {
        Objects.requireNonNull(modelType, "modelType");
        Objects.requireNonNull(activation, "activation");
        Objects.requireNonNull(rope, "rope");
        Objects.requireNonNull(eosTokenIds, "eosTokenIds");
        slidingWindows = List.copyOf(slidingWindows);
        if (slidingWindows.size() != numLayers) {
            throw new IllegalArgumentException(
                    slidingWindows.size() + " sliding windows for " + numLayers + " layers");
        }
    }

    /** How many tokens a token of {@code layer} sees, itself included; 0 for all. */
    public int slidingWindow(int layer) {
        return slidingWindows.get(layer);
    }
}

package dev.millrace.engine.model;

import java.util.List;
import java.util.Objects;

/**
 * Where a family keeps the weights of a layer, below {@code model.layers.N.}, and by that which of them it has.
 *
 * @param attentionNorm norm of attention's input; null if it reads the residual stream as it is
 * @param attentionPostNorm norm of attention's output; null for none
 * @param mlpNorm norm of the MLP's input; null if it reads what attention reads, or the residual stream as it is
 * @param mlpPostNorm norm of the MLP's output; null for none
 * @param qkv projections to queries, keys and values: three, or one that holds all
 * @param gateUp projections into the MLP: gate and up, one that holds both, or up alone
 * @param down projection out of the MLP
 * @param experts null if no layer has any
 */
public record LayerNames(
        String attentionNorm,
        String attentionPostNorm,
        String mlpNorm,
        String mlpPostNorm,
        List<String> qkv,
        List<String> gateUp,
        String down,
        ExpertNames experts) {

    private static final List<String> QKV =
            List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
    private static final List<String> GATE_UP = List.of("mlp.gate_proj", "mlp.up_proj");

    /** Llama's, which most families share. */
    public static final LayerNames LLAMA_NAMES =
            new LayerNames(
                    "input_layernorm",
                    null,
                    "post_attention_layernorm",
                    null,
                    QKV,
                    GATE_UP,
                    "mlp.down_proj",
                    null);

    public LayerNames {
        Objects.requireNonNull(down, "down");
        qkv = List.copyOf(qkv);
        gateUp = List.copyOf(gateUp);
    }

    /** The same with other norms. */
    public LayerNames withNorms(
            String newAttentionNorm,
            String newAttentionPostNorm,
            String newMlpNorm,
            String newMlpPostNorm) {
        return new LayerNames(
                newAttentionNorm,
                newAttentionPostNorm,
                newMlpNorm,
                newMlpPostNorm,
                qkv,
                gateUp,
                down,
                experts);
    }

    /** The same with all of queries, keys and values in one matrix. */
    public LayerNames withQkv(String name) {
        return new LayerNames(
                attentionNorm,
                attentionPostNorm,
                mlpNorm,
                mlpPostNorm,
                List.of(name),
                gateUp,
                down,
                experts);
    }

    /** The same with another MLP. */
    public LayerNames withMlp(List<String> newGateUp, String newDown) {
        return new LayerNames(
                attentionNorm,
                attentionPostNorm,
                mlpNorm,
                mlpPostNorm,
                qkv,
                newGateUp,
                newDown,
                experts);
    }

    /** The same with experts. */
    public LayerNames withExperts(ExpertNames newExperts) {
        return new LayerNames(
                attentionNorm,
                attentionPostNorm,
                mlpNorm,
                mlpPostNorm,
                qkv,
                gateUp,
                down,
                newExperts);
    }
}

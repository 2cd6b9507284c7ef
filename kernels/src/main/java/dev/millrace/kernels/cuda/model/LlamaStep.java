package dev.millrace.kernels.cuda.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The kernels of one step of Llama-3.1-8B on a card, as the engine launches them.
 *
 * <p>Thread-safety: immutable.
 */
public final class LlamaStep {
    static final int LAYERS = 32;
    static final int HIDDEN = 4096;
    static final int HEADS = 32;
    static final int KV_HEADS = 8;
    static final int HEAD_DIM = 128;
    static final int FFN = 14336;
    static final int VOCABULARY = 128256;
    private static final int QKV = (HEADS + 2 * KV_HEADS) * HEAD_DIM;

    private final Card card;
    private final Format format;
    private final KernelModel model;
    private final AttentionShape heads;

    public LlamaStep(Card card, Format format, KernelCosts costs) {
        this.card = card;
        this.format = format;
        model = new KernelModel(card, costs);
        heads = new AttentionShape(HEADS, KV_HEADS, HEAD_DIM, format.cacheBytes());
    }

    /** Parameters of a layer's matrices. */
    static double layerParameters() {
        return (double) HIDDEN * QKV + (double) HIDDEN * HEADS * HEAD_DIM + 3.0 * HIDDEN * FFN;
    }

    /** Bytes of a token's keys and values in all layers. */
    static double cachedBytes(Format format) {
        return 2.0 * LAYERS * KV_HEADS * HEAD_DIM * format.cacheBytes();
    }

    /** One token for each of {@code seqs} sequences of {@code context} tokens. */
    public List<Bound> decode(double seqs, double context) {
        return bounds(seqs, context, 0, 0);
    }

    /** {@code prompts} whole prompts of {@code tokens} tokens, and their first token. */
    public List<Bound> prefill(double prompts, int tokens) {
        return bounds(0, 0, prompts, tokens);
    }

    /** Both in one step. */
    List<Bound> bounds(double seqs, double context, double prompts, int promptTokens) {
        double rows = seqs + prompts * promptTokens;
        List<Bound> step = new ArrayList<>();
        step.add(model.rows("embedding", "embed", rows, 6.0 * HIDDEN, 1));
        step.add(model.rows("first norm", "norm-rms", rows, 6.0 * HIDDEN, 1));
        norm(step, "norm before attention", rows, LAYERS - 1);
        product(step, "q, k, v", rows, QKV, HIDDEN, false, LAYERS);
        rope(step, rows);
        if (seqs > 0) {
            step.add(model.decode(heads, seqs, context, LAYERS));
        }
        if (prompts > 0) {
            step.add(model.prefill(heads, prompts, promptTokens, LAYERS));
        }
        product(step, "attention's output", rows, HIDDEN, HEADS * HEAD_DIM, false, LAYERS);
        norm(step, "norm before gate and up", rows, LAYERS);
        product(step, "gate and up, SiLU", rows, 2 * FFN, HIDDEN, true, LAYERS);
        product(step, "down", rows, HIDDEN, FFN, false, LAYERS);
        norm(step, "last norm", rows, 1);
        double outputs = seqs + prompts;
        step.add(head(outputs));
        step.add(model.rows("sampler, greedy", "sample-greedy", outputs, 4.0 * VOCABULARY, 1));
        return step;
    }

    private void norm(List<Bound> step, String name, double rows, int launches) {
        step.add(model.rows(name, "norm-add-rms", rows, 12.0 * HIDDEN, launches));
    }

    private void rope(List<Bound> step, double rows) {
        double bytes =
                4.0 * HEADS * HEAD_DIM
                        + (4.0 + 2 * format.cacheBytes()) * KV_HEADS * HEAD_DIM
                        + 4.0 * HEAD_DIM;
        String kernel = format.cacheBytes() == 1 ? "rope-store-kv-e4m3" : "rope-store-kv";
        step.add(model.rows("rotary embedding, KV write", kernel, rows, bytes, LAYERS));
    }

    private void product(
            List<Bound> step, String name, double rows, int n, int k, boolean gated, int launches) {
        String quantizer = format.family().quantizer(card);
        if (quantizer != null) {
            step.add(model.rows("quantise for " + name, quantizer + k, rows, 3.0 * k, launches));
        }
        int whole = (int) Math.ceil(rows);
        step.add(model.product(name, format.family(), whole, n, k, gated, 2, launches));
    }

    private Bound head(double rows) {
        int whole = (int) Math.ceil(rows);
        return model.product(
                "head", ProductFamily.BF16, whole, VOCABULARY, HIDDEN, false, Float.BYTES, 1);
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.model.ModelConfig;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tensors a configuration calls for, with their shapes. */
final class TensorPlan {
    private static final Logger LOG = LoggerFactory.getLogger(TensorPlan.class);

    private final ModelConfig config;
    private final Map<String, List<Long>> shapes = new LinkedHashMap<>();

    private TensorPlan(ModelConfig config) {
        this.config = config;
    }

    /** Refuses {@code store} when a tensor is missing or has another shape; names those that go unused. */
    static void check(ModelConfig config, TensorStore store) {
        check(config, store, Optional.empty());
    }

    /** As {@link #check(ModelConfig, TensorStore)}, where some matrices may be quantised. */
    static void check(ModelConfig config, TensorStore store, Optional<QuantizedTensors> quantized) {
        Map<String, List<Long>> shapes = shapes(config);
        shapes.forEach(
                (name, shape) -> {
                    if (quantized.filter(q -> q.has(name)).isPresent()) {
                        quantized.get().check(name);
                    } else {
                        store.check(name, shape);
                    }
                });
        Set<String> unused = new TreeSet<>(store.tensors().keySet());
        unused.removeAll(shapes.keySet());
        quantized.ifPresent(q -> unused.removeAll(q.names()));
        if (!unused.isEmpty()) {
            LOG.warn("{} tensors go unused, as in transformers: {}", unused.size(), unused);
        }
    }

    /** Elements of all tensors. */
    static long parameters(ModelConfig config) {
        long sum = 0;
        for (List<Long> shape : shapes(config).values()) {
            sum += shape.stream().reduce(1L, (a, b) -> a * b);
        }
        return sum;
    }

    static Map<String, List<Long>> shapes(ModelConfig config) {
        TensorPlan plan = new TensorPlan(config);
        plan.add("model.embed_tokens.weight", config.vocabSize(), config.hiddenSize());
        plan.add("model.norm.weight", config.hiddenSize());
        if (!config.tieWordEmbeddings()) {
            plan.add("lm_head.weight", config.vocabSize(), config.hiddenSize());
        }
        for (int layer = 0; layer < config.numLayers(); layer++) {
            plan.addLayer("model.layers." + layer + ".");
        }
        return plan.shapes;
    }

    private void addLayer(String layer) {
        int hidden = config.hiddenSize();
        int inner = config.intermediateSize();
        add(layer + "input_layernorm.weight", hidden);
        add(layer + "post_attention_layernorm.weight", hidden);
        addAttention(layer + "self_attn.");
        addLinear(layer + "mlp.gate_proj", inner, hidden, config.mlpBias());
        addLinear(layer + "mlp.up_proj", inner, hidden, config.mlpBias());
        addLinear(layer + "mlp.down_proj", hidden, inner, config.mlpBias());
    }

    private void addAttention(String attention) {
        int hidden = config.hiddenSize();
        int queries = config.numHeads() * config.headDim();
        int keys = config.numKvHeads() * config.headDim();
        addLinear(attention + "q_proj", queries, hidden, config.qkvBias());
        addLinear(attention + "k_proj", keys, hidden, config.qkvBias());
        addLinear(attention + "v_proj", keys, hidden, config.qkvBias());
        addLinear(attention + "o_proj", hidden, queries, config.attentionOutputBias());
        if (config.qkNorm()) {
            add(attention + "q_norm.weight", config.headDim());
            add(attention + "k_norm.weight", config.headDim());
        }
    }

    private void addLinear(String name, long n, long k, boolean bias) {
        add(name + ".weight", n, k);
        if (bias) {
            add(name + ".bias", n);
        }
    }

    private void add(String name, long... shape) {
        shapes.put(name, Arrays.stream(shape).boxed().toList());
    }
}

package dev.millrace.engine.loader;

import dev.millrace.engine.model.ExpertNames;
import dev.millrace.engine.model.LayerNames;
import dev.millrace.engine.model.MlpConfig;
import dev.millrace.engine.model.ModelConfig;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tensors a configuration calls for, with their shapes. */
final class TensorPlan {
    private static final Logger LOG = LoggerFactory.getLogger(TensorPlan.class);

    private final ModelConfig config;
    private final BiConsumer<String, List<Long>> use;

    private TensorPlan(ModelConfig config, BiConsumer<String, List<Long>> use) {
        this.config = config;
        this.use = use;
    }

    /** Refuses {@code store} when a tensor is missing or has another shape; names those that go unused. */
    static void check(ModelConfig config, TensorStore store) {
        check(config, store, Optional.empty());
    }

    /** As {@link #check(ModelConfig, TensorStore)}, where some matrices may be quantised. */
    static void check(ModelConfig config, TensorStore store, Optional<QuantizedTensors> quantized) {
        Set<String> unused = new TreeSet<>(store.tensors().keySet());
        // At the first that is missing the plan ends, so that it is no longer than the checkpoint.
        new TensorPlan(
                        config,
                        (name, shape) -> {
                            if (quantized.filter(q -> q.has(name)).isPresent()) {
                                quantized.get().check(name);
                            } else {
                                store.check(name, shape);
                            }
                            unused.remove(name);
                        })
                .addAll();
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
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        new TensorPlan(config, shapes::put).addAll();
        return shapes;
    }

    private void addAll() {
        add("model.embed_tokens.weight", config.vocabSize(), config.hiddenSize());
        addNorm("model.norm", config.hiddenSize());
        if (!config.tieWordEmbeddings()) {
            add("lm_head.weight", config.vocabSize(), config.hiddenSize());
        }
        for (int layer = 0; layer < config.numLayers(); layer++) {
            addLayer("model.layers." + layer + ".", config.layers().get(layer).mlp());
        }
    }

    private void addLayer(String layer, MlpConfig mlp) {
        LayerNames names = config.names();
        Stream.of(
                        names.attentionNorm(),
                        names.attentionPostNorm(),
                        names.mlpNorm(),
                        names.mlpPostNorm())
                .filter(Objects::nonNull)
                .forEach(name -> addNorm(layer + name, config.hiddenSize()));
        addAttention(layer);
        if (mlp instanceof MlpConfig.Gated gated) {
            addMlp(layer, 2L * gated.size(), gated.size(), gated.bias());
        } else if (mlp instanceof MlpConfig.Plain plain) {
            addMlp(layer, plain.size(), plain.size(), plain.bias());
        } else if (mlp instanceof MlpConfig.Experts experts) {
            addExperts(layer, experts);
        }
    }

    private void addExperts(String layer, MlpConfig.Experts experts) {
        long hidden = config.hiddenSize();
        long count = experts.count();
        long size = experts.size();
        ExpertNames names = config.names().experts();
        addLinear(layer + names.router(), count, hidden, experts.bias());
        if (names instanceof ExpertNames.Stacked stacked) {
            add(layer + stacked.gateUp(), count, hidden, 2 * size);
            add(layer + stacked.gateUp() + "_bias", count, 2 * size);
            add(layer + stacked.down(), count, size, hidden);
            add(layer + stacked.down() + "_bias", count, hidden);
        } else if (names instanceof ExpertNames.Separate each) {
            for (int e = 0; e < experts.count(); e++) {
                add(layer + each.of(e, each.gate()) + ".weight", size, hidden);
                add(layer + each.of(e, each.up()) + ".weight", size, hidden);
                add(layer + each.of(e, each.down()) + ".weight", hidden, size);
            }
        }
    }

    private void addAttention(String layer) {
        String attention = layer + "self_attn.";
        int hidden = config.hiddenSize();
        int queries = config.numHeads() * config.headDim();
        int keys = config.numKvHeads() * config.headDim();
        List<String> qkv = config.names().qkv();
        boolean bias = config.attention().qkvBias();
        if (qkv.size() == 1) {
            addLinear(layer + qkv.get(0), queries + 2L * keys, hidden, bias);
        } else {
            addLinear(layer + qkv.get(0), queries, hidden, bias);
            addLinear(layer + qkv.get(1), keys, hidden, bias);
            addLinear(layer + qkv.get(2), keys, hidden, bias);
        }
        addLinear(attention + "o_proj", hidden, queries, config.attention().outputBias());
        if (config.attention().sinks()) {
            add(attention + "sinks", config.numHeads());
        }
        switch (config.attention().qkNorm()) {
            case NONE -> {}
            case HEAD -> addQkNorm(attention, config.headDim(), config.headDim());
            case FULL -> addQkNorm(attention, queries, keys);
        }
    }

    private void addQkNorm(String attention, int queries, int keys) {
        add(attention + "q_norm.weight", queries);
        add(attention + "k_norm.weight", keys);
    }

    /** {@code inner}: rows of all matrices into the MLP together. */
    private void addMlp(String layer, long inner, int size, boolean bias) {
        List<String> into = config.names().gateUp();
        for (String name : into) {
            addLinear(layer + name, inner / into.size(), config.hiddenSize(), bias);
        }
        addLinear(layer + config.names().down(), config.hiddenSize(), size, bias);
    }

    private void addNorm(String name, long size) {
        add(name + ".weight", size);
        if (config.norm().bias()) {
            add(name + ".bias", size);
        }
    }

    private void addLinear(String name, long n, long k, boolean bias) {
        add(name + ".weight", n, k);
        if (bias) {
            add(name + ".bias", n);
        }
    }

    private void add(String name, long... shape) {
        use.accept(name, Arrays.stream(shape).boxed().toList());
    }
}

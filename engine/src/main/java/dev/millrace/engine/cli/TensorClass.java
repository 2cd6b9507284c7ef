package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.loader.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tensors of one purpose and how they are stored.
 *
 * @param name of the purpose
 * @param types in the checkpoint's own words
 * @param tensors how many
 * @param bytes of all of them
 */
record TensorClass(String name, Set<String> types, int tensors, long bytes) {
    private static final List<String> NAMES =
            List.of("embedding", "attention", "mlp", "experts", "norms", "output", "other");

    /** The classes that occur, from the model's input to its output. */
    static List<TensorClass> summarize(List<TensorInfo> tensors) {
        Map<String, TensorClass> classes = new LinkedHashMap<>();
        NAMES.forEach(name -> classes.put(name, new TensorClass(name, new TreeSet<>(), 0, 0)));
        for (TensorInfo tensor : tensors) {
            classes.computeIfPresent(nameOf(tensor.name()), (name, sum) -> sum.with(tensor));
        }
        List<TensorClass> found = new ArrayList<>(classes.values());
        found.removeIf(each -> each.tensors == 0);
        return found;
    }

    private TensorClass with(TensorInfo tensor) {
        types.add(tensor.type());
        return new TensorClass(name, types, tensors + 1, bytes + tensor.sizeBytes());
    }

    private static String nameOf(String tensor) {
        if (tensor.contains("norm")) {
            return "norms";
        }
        if (tensor.contains("embed_tokens")) {
            return "embedding";
        }
        if (tensor.contains("lm_head")) {
            return "output";
        }
        if (tensor.contains(".self_attn.")) {
            return "attention";
        }
        if (tensor.contains(".experts.")) {
            return "experts";
        }
        return tensor.contains(".mlp.") || tensor.contains("block_sparse_moe") ? "mlp" : "other";
    }

    ObjectNode json() {
        return Json.object()
                .put("class", name)
                .put("types", String.join(", ", types))
                .put("tensors", tensors)
                .put("bytes", bytes);
    }
}

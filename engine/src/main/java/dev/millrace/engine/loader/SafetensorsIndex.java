package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.FETCH_AGAIN;
import static dev.millrace.engine.loader.Problems.quote;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * model.safetensors.index.json: which shard holds which tensor.
 *
 * @param shardOf tensor to file name
 * @param totalSize bytes of all tensors, -1 when the index does not say
 */
record SafetensorsIndex(Map<String, String> shardOf, long totalSize) {
    private static final int MAX_BYTES = 128 << 20;

    static SafetensorsIndex read(Path path) {
        ConfigJson index = JsonFiles.readObject(path, MAX_BYTES, SafetensorsError.INDEX);
        JsonNode map = index.object().path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw refuse(SafetensorsError.INDEX, "weight_map", "none", "tensor names to files");
        }
        Map<String, String> shardOf = new TreeMap<>();
        map.properties()
                .forEach(e -> shardOf.put(e.getKey(), shardName(path, e.getKey(), e.getValue())));
        JsonNode total = index.object().path("metadata").path("total_size");
        return new SafetensorsIndex(shardOf, total.canConvertToLong() ? total.longValue() : -1);
    }

    /** Refuses {@code tensors}, all that the shards hold, when the index says otherwise. */
    void check(Map<String, StoredTensor> tensors) {
        long total = 0;
        for (Map.Entry<String, String> entry : shardOf.entrySet()) {
            StoredTensor tensor = tensors.get(entry.getKey());
            String held = tensor == null ? "no shard" : tensor.file().name();
            if (!held.equals(entry.getValue())) {
                throw refuse(
                        SafetensorsError.INDEX_MISMATCH,
                        "tensor " + quote(entry.getKey()),
                        "it in " + held,
                        "it in " + entry.getValue());
            }
            total += tensor.sizeBytes();
        }
        if (tensors.size() != shardOf.size()) {
            throw refuse(
                    SafetensorsError.INDEX_MISMATCH,
                    "weight_map",
                    tensors.size() + " tensors in the shards",
                    shardOf.size() + " tensors");
        }
        if (totalSize >= 0 && total != totalSize) {
            throw refuse(
                    SafetensorsError.INDEX_MISMATCH,
                    "total_size",
                    total + " bytes in the shards",
                    totalSize + " bytes");
        }
    }

    private static String shardName(Path index, String tensor, JsonNode value) {
        String name = value.isTextual() ? value.textValue() : "";
        boolean plain =
                name.endsWith(".safetensors")
                        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ');
        if (!plain) {
            throw refuse(
                    SafetensorsError.SHARD,
                    "tensor " + quote(tensor),
                    quote(value.asText()),
                    "the name of a .safetensors file in the same folder");
        }
        if (!Files.exists(index.resolveSibling(name))) {
            throw refuse(
                    SafetensorsError.SHARD,
                    "tensor " + quote(tensor),
                    "no file " + quote(name),
                    "all shards of the index");
        }
        return name;
    }

    private static RuntimeException refuse(
            SafetensorsError code, String where, String given, String allowed) {
        return Problems.refuse(
                code, SafetensorsShards.INDEX + ": " + where, given, allowed, FETCH_AGAIN);
    }
}

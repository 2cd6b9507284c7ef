package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/** Times of kernels as shares of what was measured beside them: the driver's copy, and the peer's products. */
final class KernelRates {
    private final double copyBytesPerSecond;
    private final Map<String, Double> peerMicros = new HashMap<>();
    private final Map<String, Double> bestTeraflops = new HashMap<>();

    KernelRates(JsonNode copy, JsonNode peer) {
        copyBytesPerSecond = copy.path("bytesPerSecond").asDouble();
        for (JsonNode product : peer.path("products")) {
            if (product.path("milliseconds").isNumber()) {
                add(product);
            }
        }
    }

    private void add(JsonNode product) {
        double micros = product.get("milliseconds").asDouble() * 1e3;
        int rows = product.get("rows").asInt();
        peerMicros.put(key(product.get("case").asText(), rows), micros);
        double flops = 2.0 * rows * product.get("n").asDouble() * product.get("k").asDouble();
        bestTeraflops.merge(product.get("kind").asText(), flops / micros * 1e-6, Math::max);
    }

    private static String key(String test, int rows) {
        return test + " " + rows;
    }

    /** Adds shares where there is something to compare with. */
    ObjectNode shares(ObjectNode time) {
        ObjectNode node = time.deepCopy();
        String test = time.get("case").asText();
        if (copyBytesPerSecond > 0) {
            node.put(
                    "shareOfCopy",
                    time.get("gigabytesPerSecond").asDouble() * 1e9 / copyBytesPerSecond);
        }
        Double peer = peerMicros.get(key(test, time.get("rows").asInt()));
        if (peer != null) {
            node.put("peerMicros", peer);
            node.put("shareOfPeer", peer / time.get("micros").asDouble());
            String kind = test.substring(test.lastIndexOf(' ') + 1);
            node.put(
                    "shareOfBestProduct",
                    time.get("teraflops").asDouble() / bestTeraflops.get(kind));
        }
        return node;
    }
}

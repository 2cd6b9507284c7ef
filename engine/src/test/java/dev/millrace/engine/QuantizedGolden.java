package dev.millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.loader.TestingModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A tiny checkpoint that a quantisation tool wrote, and what transformers computes from it in float32.
 *
 * @param folder config.json, weights, and the answers
 * @param reference the answers, as they were recorded
 */
public record QuantizedGolden(Path folder, JsonNode reference) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Further folders of such checkpoints, which are too large for the source tree. */
    private static final String MORE = System.getProperty("millrace.quantized-models", "");

    /** All of them. */
    public static Stream<QuantizedGolden> all() {
        List<Path> folders = new ArrayList<>(list(TestingModels.path("quantized")));
        if (!MORE.isEmpty()) {
            folders.addAll(list(Path.of(MORE)));
        }
        return folders.stream().map(QuantizedGolden::read);
    }

    /** Those whose scheme quantises activations. */
    public static Stream<QuantizedGolden> ofActivations() {
        return all().filter(golden -> Files.exists(golden.file("act_unit.safetensors")));
    }

    private static List<Path> list(Path parent) {
        try (Stream<Path> files = Files.list(parent)) {
            return files.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static QuantizedGolden read(Path folder) {
        try {
            return new QuantizedGolden(
                    folder, JSON.readTree(folder.resolve("reference.json").toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path file(String name) {
        return folder.resolve(name);
    }

    public int numPrompts() {
        return reference.get("prompts").size();
    }

    public TokenIds prompt(int index) {
        return TokenIds.of(ints(reference.get("prompts").get(index)));
    }

    /** Suffix of the answers with activations quantised as Millrace does it. */
    public String quantized() {
        String suffix = reference.has("logits_last_act127") ? "_act127" : "_act";
        return reference.has("logits_last_act_kv") ? suffix + "_kv" : suffix;
    }

    /** Logits after the prompt's last token; {@code suffix} names the variant. */
    public float[] logits(String suffix, int index) {
        return floats(reference.get("logits_last" + suffix).get(index));
    }

    public double nll(String suffix, int index) {
        return reference.get("nll" + suffix).get(index).asDouble();
    }

    public int[] greedy(int index) {
        return ints(reference.get("greedy").get(index));
    }

    public float[] margins(int index) {
        return floats(reference.get("greedy_margins").get(index));
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) array.get(i).asDouble();
        }
        return values;
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }
}

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
 * A tiny checkpoint and what Hugging Face transformers computes from it in float32.
 *
 * @param name as in test reports
 * @param model folder or GGUF file
 * @param prompts prompts with their answers
 * @param noise what bfloat16 arithmetic changes in the reference itself
 */
public record Golden(String name, Path model, List<GoldenPrompt> prompts, Noise noise) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A prompt and its answers.
     *
     * @param ids the prompt
     * @param logits [vocab] at its last position
     * @param logprobs of its tokens from the second on
     * @param nll minus their sum
     * @param greedy 24 tokens by argmax, end tokens ignored
     * @param margins logit of each greedy token less that of the next best
     */
    public record GoldenPrompt(
            String name,
            TokenIds ids,
            List<Float> logits,
            List<Float> logprobs,
            double nll,
            TokenIds greedy,
            List<Float> margins) {}

    /**
     * Distance of the reference computed in bfloat16 from that in float32.
     *
     * @param relativeL2 of all logits
     * @param maxAbsLogit of one logit
     */
    public record Noise(double relativeL2, double maxAbsLogit) {}

    /** Every checkpoint once. */
    public static Stream<Golden> once() {
        return Stream.concat(
                TestingModels.FOLDERS.stream().map(Golden::folder),
                TestingModels.GGUF_FILES.stream().map(Golden::ggufFile));
    }

    /** Every checkpoint, in both dialects and all GGUF types. */
    public static Stream<Golden> all() {
        return Stream.of(
                        TestingModels.FOLDERS.stream().map(Golden::folder),
                        TestingModels.FOLDERS.stream().map(Golden::folderOfTransformers4),
                        TestingModels.GGUF_FILES.stream().map(Golden::ggufFile))
                .flatMap(each -> each);
    }

    /** One checkpoint in Hugging Face form. */
    public static Golden folder(String name) {
        Path folder = TestingModels.path(name);
        return read(name, folder, folder.resolve("reference.json"));
    }

    private static Golden folderOfTransformers4(String name) {
        Path folder = TestingModels.path(name);
        try {
            Path copy = Files.createTempDirectory("millrace-" + name);
            copy.toFile().deleteOnExit();
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(each -> !each.endsWith("config.json")).toList()) {
                    String target =
                            file.endsWith("config.v4.json")
                                    ? "config.json"
                                    : file.getFileName().toString();
                    Path link =
                            Files.createSymbolicLink(copy.resolve(target), file.toAbsolutePath());
                    link.toFile().deleteOnExit();
                }
            }
            return read(name + " (transformers 4)", copy, folder.resolve("reference.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Golden ggufFile(String name) {
        Path file = TestingModels.path(name);
        String stem = String.valueOf(file.getFileName()).replace(".gguf", "");
        return read(stem, file, file.resolveSibling(stem + ".reference.json"));
    }

    private static Golden read(String name, Path model, Path reference) {
        try {
            List<GoldenPrompt> prompts = new ArrayList<>();
            JsonNode root = JSON.readTree(reference.toFile());
            for (JsonNode prompt : root.get("prompts")) {
                prompts.add(
                        new GoldenPrompt(
                                prompt.get("name").asText(),
                                TokenIds.of(ints(prompt.get("ids"))),
                                floats(prompt.get("logits")),
                                floats(prompt.get("logprobs")),
                                prompt.get("nll").asDouble(),
                                TokenIds.of(ints(prompt.get("greedy"))),
                                floats(prompt.get("margins"))));
            }
            JsonNode noise = root.get("noise");
            return new Golden(
                    name,
                    model,
                    prompts,
                    new Noise(
                            noise.get("bf16_relative_l2_logits").asDouble(),
                            noise.get("bf16_max_abs_logit").asDouble()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }

    private static List<Float> floats(JsonNode array) {
        List<Float> values = new ArrayList<>(array.size());
        array.forEach(value -> values.add((float) value.asDouble()));
        return values;
    }

    @Override
    public String toString() {
        return name;
    }
}

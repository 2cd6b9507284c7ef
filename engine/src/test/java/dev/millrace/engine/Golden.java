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
 */
public record Golden(String name, Path model, List<GoldenPrompt> prompts) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A prompt and its answers.
     *
     * @param ids the prompt
     * @param logits [vocab] at its last position
     * @param logprobs of its tokens from the second on
     * @param nll minus their sum
     * @param greedy 24 tokens by argmax, end tokens ignored
     */
    public record GoldenPrompt(
            String name,
            TokenIds ids,
            List<Float> logits,
            List<Float> logprobs,
            double nll,
            TokenIds greedy) {}

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
            for (JsonNode prompt : JSON.readTree(reference.toFile()).get("prompts")) {
                prompts.add(
                        new GoldenPrompt(
                                prompt.get("name").asText(),
                                TokenIds.of(ints(prompt.get("ids"))),
                                floats(prompt.get("logits")),
                                floats(prompt.get("logprobs")),
                                prompt.get("nll").asDouble(),
                                TokenIds.of(ints(prompt.get("greedy")))));
            }
            return new Golden(name, model, prompts);
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

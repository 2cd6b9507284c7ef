package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.Generation;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.TokenIds;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Tokens of small models, end to end, against those of Hugging Face transformers: equal up to the first one at which the reference is as
 * undecided as arithmetic in 16 bits is inexact.
 */
final class TokensPart {
    private static final String REFERENCE = "reference.json";

    /** Two roundings may add up, one of each logit that is compared. */
    private static final double NOISE_FACTOR = 2 * 1.5;

    private final Path models;
    private final EngineConfig config;

    TokensPart(String device, Path models) {
        this.models = models;
        config =
                EngineOptions.parse(
                        Map.of("device", device, "max-num-seqs", "64", "kv-cache-memory", "16m"));
    }

    Result run() throws IOException, ExecutionException, InterruptedException {
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        ArrayNode all = details.putArray("models");
        if (!Files.isDirectory(models)) {
            return new Result(Status.LEFT_OUT, "no folder " + models, details);
        }
        int wrong = 0;
        for (Path reference : references()) {
            wrong += check(reference, all.addObject());
        }
        String summary =
                "%d of %d models give the reference's tokens"
                        .formatted(all.size() - wrong, all.size());
        boolean passed = wrong == 0 && !all.isEmpty();
        return new Result(passed ? Status.PASSED : Status.FAILED, summary, details);
    }

    /** Of models in the folder and in folders of it; what lies deeper has no tokenizer. */
    private List<Path> references() throws IOException {
        try (Stream<Path> files = Files.walk(models, 2)) {
            return files.filter(file -> file.toString().endsWith(REFERENCE)).sorted().toList();
        }
    }

    /** A folder's own, or that of NAME.gguf in NAME.reference.json. */
    private static Path model(Path reference) {
        String name = String.valueOf(reference.getFileName());
        return name.equals(REFERENCE)
                ? reference.resolveSibling("")
                : reference.resolveSibling(name.replace("." + REFERENCE, ".gguf"));
    }

    /** 1 if a prompt of the model has other tokens. */
    private int check(Path reference, ObjectNode node)
            throws IOException, ExecutionException, InterruptedException {
        JsonNode golden = ResultFolder.JSON.readTree(reference.toFile());
        double noise = NOISE_FACTOR * golden.at("/noise/bf16_max_abs_logit").asDouble();
        node.put("model", models.relativize(model(reference)).toString()).put("noise", noise);
        ArrayNode prompts = node.putArray("prompts");
        int wrong = 0;
        try (LlmEngine engine = LlmEngine.load(model(reference), config)) {
            List<Generation> generations = new ArrayList<>();
            for (JsonNode prompt : golden.get("prompts")) {
                generations.add(engine.submit(request(prompt)));
            }
            for (int i = 0; i < generations.size(); i++) {
                JsonNode prompt = golden.get("prompts").get(i);
                boolean agrees = agrees(generations.get(i).get(), prompt, noise, prompts);
                wrong = agrees ? wrong : 1;
            }
        }
        return wrong;
    }

    private static Request request(JsonNode prompt) {
        SamplingParams sampling =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(prompt.get("greedy").size())
                        .ignoreEos(true)
                        .build();
        int[] ids = ints(prompt.get("ids"));
        return Request.of(
                prompt.get("name").asText(), new Prompt.Tokens(TokenIds.of(ids)), sampling);
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
    }

    private static boolean agrees(
            Completion completion, JsonNode prompt, double noise, ArrayNode prompts) {
        int[] expected = ints(prompt.get("greedy"));
        int same = 0;
        while (same < expected.length && completion.tokenIds().get(same) == expected[same]) {
            same++;
        }
        boolean agrees =
                same == expected.length || prompt.get("margins").get(same).asDouble() <= noise;
        prompts.addObject()
                .put("prompt", prompt.get("name").asText())
                .put("tokens", expected.length)
                .put("sameTokens", same)
                .put("agrees", agrees);
        return agrees;
    }
}

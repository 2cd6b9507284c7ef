package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.Generation;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real model, SmolLM2-135M-Instruct; {@code examples/fetch-smollm2.sh} fetches it. */
@Tag("model")
final class ModelITCase {
    private static final Path MODEL =
            Path.of(
                    System.getProperty(
                            "millrace.smollm2", "target/models/SmolLM2-135M-Instruct.Q4_1.gguf"));

    @BeforeAll
    static void requireModel() {
        assertThat(MODEL).as("the model; run examples/fetch-smollm2.sh").exists();
    }

    @Test
    void greedyTokensAreThoseOfHuggingFace() throws Exception {
        JsonNode file = goldens();
        SamplingParams greedy =
                SamplingParams.builder()
                        .temperature(0)
                        .maxTokens(file.required("maxTokens").intValue())
                        .ignoreEos(true)
                        .build();
        try (LlmEngine engine = LlmEngine.load(MODEL, EngineOptions.parse(Map.of()))) {
            List<Generation> generations = new ArrayList<>();
            for (JsonNode golden : file.required("goldens")) {
                generations.add(
                        engine.submit(
                                Request.of(
                                        "golden " + generations.size(), prompt(golden), greedy)));
            }
            assertThat(generations).hasSize(20);
            for (int i = 0; i < generations.size(); i++) {
                JsonNode golden = file.required("goldens").get(i);
                Completion completion = generations.get(i).get();
                assertThat(completion.usage().promptTokens())
                        .as("prompt tokens of %s", golden)
                        .isEqualTo(golden.required("promptTokenIds").size());
                assertThat(completion.outputs().get(0).tokenIds())
                        .as("answer to %s", golden)
                        .isEqualTo(TestingModel.tokenIds(golden.required("tokenIds")));
            }
        }
    }

    @Test
    void theKafkaJobAnswersEveryTicketOnceAcrossAKill() throws Exception {
        List<String> overrides =
                List.of(
                        "model=" + MODEL.toAbsolutePath(),
                        "engine.kv-cache-memory=512m",
                        "engine.max-num-seqs=16",
                        "max-in-flight=16",
                        "output.json-fields=",
                        "output.fields.answer=text",
                        "sampling.max-tokens=24",
                        "checkpoint.interval=500 ms");
        long seed = System.nanoTime();
        Quickstart.Options options = new Quickstart.Options(100, 2, true, seed, null, overrides);
        ProgressLine progress =
                new ProgressLine(new PrintWriter(System.err, true, StandardCharsets.UTF_8), false);
        QuickstartReport report = new Quickstart(options, progress).run();

        assertThat(report.killed()).as("seed %d", seed).isTrue();
        assertThat(report.balance().answers()).as("answers, seed %d", seed).isEqualTo(100);
        assertThat(report.balance().isExact()).as("exact, seed %d", seed).isTrue();
        assertThat(report.resumedTokens()).as("resumed tokens, seed %d", seed).isPositive();
    }

    private static JsonNode goldens() throws IOException {
        try (InputStream stream = ModelITCase.class.getResourceAsStream("/smollm2-goldens.json")) {
            return new ObjectMapper().readTree(stream);
        }
    }

    private static Prompt prompt(JsonNode golden) {
        if (golden.has("prompt")) {
            return new Prompt.Text(golden.get("prompt").textValue());
        }
        return new Prompt.Chat(
                StreamSupport.stream(golden.required("messages").spliterator(), false)
                        .map(
                                message ->
                                        new Message(
                                                message.required("role").textValue(),
                                                message.required("content").textValue()))
                        .toList());
    }
}

package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.Generation;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled model answers as transformers does with the same weights; {@code evaluate.py --golden} wrote the answers. */
final class TriageModelTest {
    private static final SamplingParams GREEDY =
            SamplingParams.builder().temperature(0).maxTokens(48).build();

    @TempDir Path folder;

    @Test
    void promptsAndAnswersHaveTheTokensOfHuggingFace() throws Exception {
        JsonNode goldens = goldens();
        List<Ticket> tickets = TicketStore.first(goldens.size());
        Path model = Resources.copyModel(folder);
        try (LlmEngine engine = LlmEngine.load(model, EngineOptions.parse(Map.of()))) {
            List<Generation> generations = new ArrayList<>();
            for (Ticket ticket : tickets) {
                Prompt prompt =
                        new Prompt.Text(
                                "Ticket: " + ticket.subject() + "\n" + ticket.body() + "\nTriage:");
                generations.add(engine.submit(Request.of(ticket.id(), prompt, GREEDY)));
            }
            for (int i = 0; i < goldens.size(); i++) {
                check(goldens.get(i), generations.get(i).get());
            }
        }
    }

    private static void check(JsonNode golden, Completion completion) {
        String id = golden.required("id").textValue();
        assertThat(completion.requestId()).isEqualTo(id);
        assertThat(completion.usage().promptTokens())
                .as("prompt tokens of %s", id)
                .isEqualTo(golden.required("promptTokenIds").size());
        assertThat(completion.outputs().get(0).tokenIds())
                .as("answer to %s", id)
                .isEqualTo(TestingModel.tokenIds(golden.required("generatedTokenIds")));
    }

    private static JsonNode goldens() throws IOException {
        try (InputStream stream = TriageModelTest.class.getResourceAsStream("triage-golden.json")) {
            return new ObjectMapper().readTree(stream);
        }
    }
}

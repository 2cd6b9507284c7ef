package dev.millrace.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.TokenIds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** A tiny checkpoint from the engine's tests, copied out of their jar, with answers from Hugging Face transformers. */
final class TestingModel {
    private static final String NAME = "/models/gguf-llama/llama-F32";
    private static final ObjectMapper JSON = new ObjectMapper();

    private TestingModel() {}

    static Path copyTo(Path folder) throws IOException {
        Path file = folder.resolve("llama-F32.gguf");
        try (InputStream gguf = TestingModel.class.getResourceAsStream(NAME + ".gguf")) {
            Files.copy(gguf, file);
        }
        return file;
    }

    /** Prompts as {@code ids}, {@code greedy}, {@code logprobs} and {@code nll}. */
    static List<JsonNode> prompts() throws IOException {
        try (InputStream reference =
                TestingModel.class.getResourceAsStream(NAME + ".reference.json")) {
            JsonNode prompts = JSON.readTree(reference).required("prompts");
            return StreamSupport.stream(prompts.spliterator(), false).toList();
        }
    }

    /** Token ids of a file with answers. */
    static TokenIds tokenIds(JsonNode ids) {
        return TokenIds.of(
                StreamSupport.stream(ids.spliterator(), false)
                        .mapToInt(JsonNode::intValue)
                        .toArray());
    }

    /** Token ids as the command line takes them. */
    static String argument(JsonNode ids) {
        return String.join(
                ",", StreamSupport.stream(ids.spliterator(), false).map(JsonNode::asText).toList());
    }
}

package dev.millrace.engine;

import dev.millrace.engine.tokenizer.Tokenizer;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a loaded model brings to the engine, which closes the tokenizer and the runner at its end.
 *
 * @param model facts about the model
 * @param tokenizer text to tokens and back
 * @param chatTemplate writes out a chat with the prompt for the assistant's turn at its end
 * @param textStreams makes the text of one answer, token by token
 * @param runner computes batches
 * @param numBlocks KV blocks that the runner has memory for
 * @param kvBytesPerToken bytes of one token's keys and values over all layers
 */
record EngineParts(
        ModelInfo model,
        Tokenizer tokenizer,
        Function<List<Message>, String> chatTemplate,
        Supplier<TextStream> textStreams,
        BatchRunner runner,
        int numBlocks,
        long kvBytesPerToken)
        implements AutoCloseable {

    /** The same parts with another size of KV memory. */
    EngineParts withNumBlocks(int newNumBlocks) {
        return new EngineParts(
                model, tokenizer, chatTemplate, textStreams, runner, newNumBlocks, kvBytesPerToken);
    }

    @Override
    public void close() {
        try (tokenizer) {
            runner.close();
        }
    }
}

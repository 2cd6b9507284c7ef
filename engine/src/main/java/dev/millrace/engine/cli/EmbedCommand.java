package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.EmbedRequest;
import dev.millrace.engine.Embedding;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Pooling;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the embedding of each prompt. */
@Command(
        name = "embed",
        description = "Prints the embedding of each prompt: a vector of the model's hidden size.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "With --output json each line is an object: index, embedding and promptTokens; a request that cannot be served has",
            "error.code and error.message instead. Exit code 3 if any has.",
            "",
            "Example: millrace embed --model model.gguf --prompt 'The parcel never came.' --pooling last --output json"
        })
public final class EmbedCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

    @ArgGroup(multiplicity = "1..*")
    private List<PromptArgument> prompts;

    @Option(
            names = "--pooling",
            description =
                    "mean of all tokens' hidden states, or the last token's (default: ${DEFAULT-VALUE}).")
    private PoolingName pooling = PoolingName.mean;

    @Option(
            names = "--raw",
            description = "Keep the vector's length; otherwise it is divided by it.")
    private boolean raw;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    /** {@link Pooling} as it is written on the command line. */
    enum PoolingName {
        mean(Pooling.MEAN),
        last(Pooling.LAST);

        private final Pooling pooling;

        PoolingName(Pooling pooling) {
            this.pooling = pooling;
        }
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        try (LlmEngine engine = engineArguments.load()) {
            Answers<Embedding> answers = new Answers<>(spec.commandLine(), output);
            for (PromptArgument argument : prompts) {
                EmbedRequest request =
                        new EmbedRequest(
                                Integer.toString(answers.size()),
                                argument.prompt(),
                                pooling.pooling,
                                !raw,
                                Optional.empty());
                answers.submit(engine, () -> engine.embed(request));
            }
            return answers.print(this::lines);
        }
    }

    private List<String> lines(int index, Embedding embedding) {
        return List.of(output == OutputFormat.json ? json(index, embedding) : text(embedding));
    }

    private static String text(Embedding embedding) {
        return IntStream.range(0, embedding.dimension())
                .mapToObj(i -> Float.toString(embedding.get(i)))
                .collect(Collectors.joining(" "));
    }

    private static String json(int index, Embedding embedding) {
        ObjectNode node = Json.object().put("index", index);
        ArrayNode values = node.putArray("embedding");
        for (int i = 0; i < embedding.dimension(); i++) {
            values.add(embedding.get(i));
        }
        return Json.line(node.put("promptTokens", embedding.usage().promptTokens()));
    }
}

package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.Completion;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Output;
import dev.millrace.engine.Request;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Answers prompts, all in one engine at once, and prints one result for each in the order given. */
@Command(
        name = "generate",
        description = "Answers prompts, all in one engine at once.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "With --output json each line is an object: index, tokenIds, text, finishReason, promptTokens,",
            "effectiveMaxTokens (--max-tokens, or what the model's length left behind the prompt), and logprobs when asked for;",
            "a request that cannot be served has error.code and error.message instead. Exit code 3 if any has.",
            "",
            "Example: millrace generate --model model.gguf --prompt 'The capital of France is' --temperature 0"
        })
public final class GenerateCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

    @Mixin private SamplingArguments samplingArguments;

    @ArgGroup(multiplicity = "1..*")
    private List<PromptArgument> prompts;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        try (LlmEngine engine = engineArguments.load()) {
            Answers<Completion> answers = new Answers<>(spec.commandLine(), output);
            for (PromptArgument argument : prompts) {
                String id = Integer.toString(answers.size());
                Request request = Request.of(id, argument.prompt(), samplingArguments.params());
                answers.submit(engine, () -> engine.submit(request));
            }
            return answers.print(this::lines);
        }
    }

    private List<String> lines(int index, Completion completion) {
        return completion.outputs().stream()
                .map(
                        answer ->
                                output == OutputFormat.json
                                        ? json(index, completion, answer)
                                        : answer.text())
                .toList();
    }

    private static String json(int index, Completion completion, Output answer) {
        ObjectNode node = Json.object().put("index", index);
        if (completion.outputs().size() > 1) {
            node.put("output", answer.index());
        }
        node.set("tokenIds", Json.array(answer.tokenIds()));
        node.put("text", answer.text()).put("finishReason", answer.finishReason().text());
        node.put("promptTokens", completion.usage().promptTokens());
        node.put("effectiveMaxTokens", completion.usage().effectiveMaxTokens());
        if (!answer.logprobs().isEmpty()) {
            node.set("logprobs", Json.array(answer.logprobs()));
        }
        return Json.line(node);
    }
}

package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.LabelRequest;
import dev.millrace.engine.LabelScore;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.LlmEngine;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints which of several labels a model finds most likely behind each prompt. */
@Command(
        name = "classify",
        description =
                "Prints which of several labels is most likely behind each prompt. Nothing is generated.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Labels are taken as they are written: one that the model would begin with a space needs it. With --output json each",
            "line is an object: index, label (the best), labels (in the order given: label, logprob, probability) and",
            "promptTokens; a request that cannot be served has error.code and error.message instead. Exit code 3 if any has.",
            "",
            "Example: millrace classify --model model.gguf --prompt 'I want my money back. Topic:' --label ' billing' --label ' login'"
        })
public final class ClassifyCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

    @ArgGroup(multiplicity = "1..*")
    private List<PromptArgument> prompts;

    @Option(
            names = "--label",
            paramLabel = "TEXT",
            required = true,
            description = "A label to choose from; repeat it.")
    private List<String> labels;

    @Option(
            names = "--calibrated",
            description = "Take off how likely each label is behind the prompt N/A.")
    private boolean calibrated;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        try (LlmEngine engine = engineArguments.load()) {
            Answers<LabelScores> answers = new Answers<>(spec.commandLine(), output);
            for (PromptArgument argument : prompts) {
                LabelRequest request =
                        new LabelRequest(
                                Integer.toString(answers.size()),
                                argument.prompt(),
                                labels,
                                calibrated,
                                Optional.empty());
                answers.submit(engine, () -> engine.classify(request));
            }
            return answers.print(this::lines);
        }
    }

    private List<String> lines(int index, LabelScores scores) {
        return List.of(output == OutputFormat.json ? json(index, scores) : scores.best().label());
    }

    private static String json(int index, LabelScores scores) {
        ObjectNode node = Json.object().put("index", index).put("label", scores.best().label());
        ArrayNode all = node.putArray("labels");
        for (LabelScore score : scores.scores()) {
            all.addObject()
                    .put("label", score.label())
                    .put("logprob", score.logprob())
                    .put("probability", score.probability());
        }
        return Json.line(node.put("promptTokens", scores.usage().promptTokens()));
    }
}

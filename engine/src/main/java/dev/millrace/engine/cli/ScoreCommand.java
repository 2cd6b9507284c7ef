package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.Completion;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.TokenLogprob;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints how likely a model finds each token of a prompt. */
@Command(
        name = "score",
        description =
                "Prints the log-probability of each token of a prompt, and their negated sum.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "With --output json each line is an object: index, logprobs (the first one null) and nll."
        })
public final class ScoreCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

    @ArgGroup(multiplicity = "1..*")
    private List<PromptArgument> prompts;

    @Option(names = "--output", description = "text or json (default: ${DEFAULT-VALUE}).")
    private OutputFormat output = OutputFormat.text;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        SamplingParams scoring =
                SamplingParams.builder().temperature(0).maxTokens(1).promptLogprobs(true).build();
        try (LlmEngine engine = engineArguments.load()) {
            for (int i = 0; i < prompts.size(); i++) {
                Request request = Request.of(Integer.toString(i), prompts.get(i).prompt(), scoring);
                print(i, Patience.await(Patience.submit(engine, request)));
            }
        }
        return ExitCodes.OK;
    }

    private void print(int index, Completion completion) {
        PrintWriter out = spec.commandLine().getOut();
        double nll = 0;
        ObjectNode node = Json.object().put("index", index);
        ArrayNode logprobs = node.putArray("logprobs");
        for (TokenLogprob logprob : completion.promptLogprobs()) {
            if (logprob == null) {
                logprobs.addNull();
            } else {
                logprobs.add(logprob.logprob());
                nll -= logprob.logprob();
            }
        }
        node.put("nll", nll);
        out.println(output == OutputFormat.json ? Json.line(node) : "nll " + nll);
        out.flush();
    }
}

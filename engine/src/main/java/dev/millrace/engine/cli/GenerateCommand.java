package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Generation;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Output;
import dev.millrace.engine.Request;
import java.io.PrintWriter;
import java.util.ArrayList;
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
            "With --output json each line is an object: index, tokenIds, text, finishReason, promptTokens, and logprobs when",
            "asked for; a request that cannot be served has error.code and error.message instead. Exit code 3 if any has.",
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
        int exitCode = ExitCodes.OK;
        try (LlmEngine engine = engineArguments.load()) {
            List<Submitted> all = submit(engine);
            for (Submitted one : all) {
                exitCode = Math.max(exitCode, print(one));
            }
        }
        return exitCode;
    }

    private List<Submitted> submit(LlmEngine engine) throws InterruptedException {
        List<Submitted> all = new ArrayList<>();
        for (PromptArgument argument : prompts) {
            String id = Integer.toString(all.size());
            Request request = Request.of(id, argument.prompt(), samplingArguments.params());
            all.add(Submitted.to(engine, request));
        }
        return all;
    }

    private int print(Submitted submitted) throws InterruptedException, ExecutionException {
        PrintWriter out = spec.commandLine().getOut();
        int index = Integer.parseInt(submitted.request().id());
        try {
            Completion completion = submitted.await();
            for (Output answer : completion.outputs()) {
                out.println(
                        output == OutputFormat.json
                                ? json(index, completion, answer)
                                : answer.text());
            }
            out.flush();
            return ExitCodes.OK;
        } catch (InvalidRequestException e) {
            printError(out, index, e);
            return ExitCodes.BAD_INPUT;
        }
    }

    private void printError(PrintWriter out, int index, InvalidRequestException e) {
        if (output == OutputFormat.json) {
            ObjectNode node = Json.object().put("index", index);
            node.putObject("error")
                    .put("code", e.problem().code().id())
                    .put("message", e.getMessage());
            out.println(Json.line(node));
            out.flush();
        } else {
            spec.commandLine()
                    .getErr()
                    .println("millrace: prompt " + index + ": " + e.getMessage());
        }
    }

    private static String json(int index, Completion completion, Output answer) {
        ObjectNode node = Json.object().put("index", index);
        if (completion.outputs().size() > 1) {
            node.put("output", answer.index());
        }
        node.set("tokenIds", Json.array(answer.tokenIds()));
        node.put("text", answer.text()).put("finishReason", answer.finishReason().text());
        node.put("promptTokens", completion.usage().promptTokens());
        if (!answer.logprobs().isEmpty()) {
            node.set("logprobs", Json.array(answer.logprobs()));
        }
        return Json.line(node);
    }

    /**
     * A request and its generation, or why it was refused.
     *
     * @param generation null if refused
     * @param refusal null if taken
     */
    private record Submitted(
            Request request, Generation generation, InvalidRequestException refusal) {

        static Submitted to(LlmEngine engine, Request request) throws InterruptedException {
            try {
                return new Submitted(request, Patience.submit(engine, request), null);
            } catch (InvalidRequestException e) {
                return new Submitted(request, null, e);
            }
        }

        Completion await() throws InterruptedException, ExecutionException {
            if (refusal != null) {
                throw refusal;
            }
            return Patience.await(generation);
        }
    }
}

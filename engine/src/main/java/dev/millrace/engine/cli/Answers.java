package dev.millrace.engine.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.LlmEngine;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The answers to a command's prompts, all of which are in the engine at once, printed in the order in which they were given. */
final class Answers<T> {
    private final CommandLine commandLine;
    private final OutputFormat output;
    private final List<CompletableFuture<T>> futures = new ArrayList<>();

    Answers(CommandLine commandLine, OutputFormat output) {
        this.commandLine = commandLine;
        this.output = output;
    }

    /** The lines of one answer. */
    interface Lines<T> {
        List<String> of(int index, T answer);
    }

    /** Prompts submitted so far: the index of the next one. */
    int size() {
        return futures.size();
    }

    /** Submits the next prompt, waiting for room; what is refused has failed. */
    void submit(LlmEngine engine, Supplier<? extends CompletableFuture<T>> submission)
            throws InterruptedException {
        CompletableFuture<T> future;
        try {
            future = Patience.submit(engine, submission);
        } catch (InvalidRequestException e) {
            future = CompletableFuture.failedFuture(e);
        }
        futures.add(future);
    }

    /** Waits for each answer and prints it, or its error; returns the exit code. */
    int print(Lines<T> lines) throws InterruptedException, ExecutionException {
        int exitCode = ExitCodes.OK;
        for (int i = 0; i < futures.size(); i++) {
            try {
                PrintWriter out = commandLine.getOut();
                lines.of(i, Patience.await(futures.get(i))).forEach(out::println);
                out.flush();
            } catch (InvalidRequestException e) {
                printError(i, e);
                exitCode = ExitCodes.BAD_INPUT;
            }
        }
        return exitCode;
    }

    private void printError(int index, InvalidRequestException e) {
        if (output == OutputFormat.json) {
            ObjectNode node = Json.object().put("index", index);
            node.putObject("error")
                    .put("code", e.problem().code().id())
                    .put("message", e.getMessage());
            commandLine.getOut().println(Json.line(node));
            commandLine.getOut().flush();
        } else {
            commandLine.getErr().println("millrace: prompt " + index + ": " + e.getMessage());
        }
    }
}

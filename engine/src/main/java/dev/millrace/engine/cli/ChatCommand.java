package dev.millrace.engine.cli;

import dev.millrace.engine.Completion;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Talks with a model, line by line. */
@Command(
        name = "chat",
        description =
                "Talks with a model: one line in, one answer out; an empty line or end of input ends it.",
        mixinStandardHelpOptions = true)
public final class ChatCommand implements Callable<Integer> {
    @Mixin private EngineArguments engineArguments;

    @Mixin private SamplingArguments samplingArguments;

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description = "What the model is told before the chat.")
    private String system;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException, ExecutionException, IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<Message> messages = new ArrayList<>();
        if (system != null) {
            messages.add(new Message("system", system));
        }
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (LlmEngine engine = engineArguments.load()) {
            for (String line = read(in, out);
                    line != null && !line.isBlank();
                    line = read(in, out)) {
                messages.add(new Message("user", line));
                Request request =
                        Request.of("chat", new Prompt.Chat(messages), samplingArguments.params());
                Completion completion = Patience.await(Patience.submit(engine, request));
                messages.add(new Message("assistant", completion.text()));
                out.println(completion.text());
            }
        }
        return ExitCodes.OK;
    }

    private static String read(BufferedReader in, PrintWriter out) throws IOException {
        out.print("> ");
        out.flush();
        return in.readLine();
    }
}

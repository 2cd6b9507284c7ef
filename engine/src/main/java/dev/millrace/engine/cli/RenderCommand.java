package dev.millrace.engine.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.TokenizerError;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints the prompt that a chat template makes of messages. */
@Command(
        name = "render",
        description = "Prints exactly the prompt that a model would see for a chat.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The messages are a JSON list of objects with role and content, as transformers takes them; the tools a JSON list",
            "of functions. The prompt is printed as it is, without a line end of its own. A text prompt of generate or of a",
            "job bypasses templates and needs no rendering.",
            "",
            "Values of --set are JSON where they can be read as that (true, 3, null, [1]), else texts. Names that templates",
            "know: add_generation_prompt (true unless set), enable_thinking, bos_token, eos_token.",
            "",
            "Example: millrace render --model Qwen/Qwen3-0.6B --messages chat.json --set enable_thinking=false"
        })
public final class RenderCommand implements Callable<Integer> {
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @ArgGroup(multiplicity = "1")
    private Source source;

    /** Where the template comes from. */
    static final class Source {
        @Option(
                names = "--model",
                required = true,
                paramLabel = ModelArgument.LABEL,
                description = ModelArgument.DESCRIPTION)
        private String model;

        @Option(
                names = "--chat-template",
                required = true,
                paramLabel = "FILE",
                description = "A chat template by itself, in Jinja.")
        private Path template;
    }

    @Option(
            names = "--messages",
            required = true,
            paramLabel = "FILE.json",
            description = "The chat: a JSON list of messages.")
    private Path messages;

    @Option(
            names = "--tools",
            paramLabel = "FILE.json",
            description = "The functions that the model may call: a JSON list.")
    private Path tools;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A variable of the template; may be repeated.")
    private Map<String, String> variables = new LinkedHashMap<>();

    @Option(names = "--offline", description = ModelArgument.OFFLINE_DESCRIPTION)
    private boolean offline;

    @Option(names = "--verbose", description = "Print stack traces of errors.")
    @SuppressWarnings("UnusedVariable") // ErrorPrinter looks it up by name.
    private boolean verbose;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("messages", list(messages));
        if (tools != null) {
            values.put("tools", list(tools));
        }
        values.put("add_generation_prompt", true);
        variables.forEach((name, text) -> values.put(name, value(text)));
        PrintWriter out = spec.commandLine().getOut();
        out.print(template().render(values));
        out.flush();
        return ExitCodes.OK;
    }

    private ChatTemplate template() {
        if (source.template != null) {
            return ChatTemplate.compile(text(source.template), "", "");
        }
        Path path = ModelArgument.path(source.model, offline, spec.commandLine().getErr());
        return Checkpoint.chatTemplate(path)
                .orElseThrow(
                        () ->
                                new InvalidRequestException(
                                        new Problem(
                                                TokenizerError.NO_CHAT_TEMPLATE,
                                                path.toString(),
                                                "a model without a chat template",
                                                "one with a template",
                                                "Give a template with --chat-template")));
    }

    private List<?> list(Path file) {
        try {
            if (JSON.readValue(text(file), Object.class) instanceof List<?> list) {
                return list;
            }
        } catch (JsonProcessingException e) {
            throw new ParameterException(
                    spec.commandLine(), file + " holds no JSON: " + e.getOriginalMessage(), e);
        }
        throw new ParameterException(spec.commandLine(), file + " holds no JSON list");
    }

    private String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "cannot read " + file + ": " + e, e);
        }
    }

    private static Object value(String text) {
        try {
            return JSON.readValue(text, Object.class);
        } catch (JsonProcessingException e) {
            return text;
        }
    }
}

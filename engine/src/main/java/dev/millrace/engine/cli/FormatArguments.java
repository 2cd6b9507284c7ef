package dev.millrace.engine.cli;

import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.grammar.GrammarError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The form that answers are forced into: at most one of these. */
final class FormatArguments {

    @Option(
            names = "--json-schema",
            paramLabel = "FILE|JSON",
            description = "Forces answers into this JSON schema: a file, or the schema itself.")
    private String jsonSchema;

    @Option(
            names = "--regex",
            paramLabel = "PATTERN",
            description = "Forces answers to match as a whole.")
    private String regex;

    @Option(
            names = "--choice",
            paramLabel = "TEXT",
            description = "Forces answers to be one of these texts; repeat it.")
    private List<String> choices;

    /** Null for none. */
    AnswerFormat format() {
        if (jsonSchema != null) {
            return schema(jsonSchema);
        }
        if (regex != null) {
            return new AnswerFormat.Regex(regex);
        }
        return choices == null ? null : new AnswerFormat.Choice(choices);
    }

    private static AnswerFormat schema(String fileOrJson) {
        try {
            return AnswerFormat.JsonSchema.read(fileOrJson);
        } catch (IOException e) {
            throw new InvalidRequestException(
                    new Problem(
                            GrammarError.SYNTAX,
                            "--json-schema " + fileOrJson,
                            Files.exists(Path.of(fileOrJson))
                                    ? "an unreadable file"
                                    : "no such file",
                            "a file with a JSON schema, or the schema itself",
                            "Check the path"));
        }
    }
}

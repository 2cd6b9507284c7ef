package dev.millrace.engine;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** A form that an answer is forced into: the engine lets only tokens through that lead to a complete answer of this form. */
public sealed interface AnswerFormat extends Serializable {

    /**
     * One JSON value.
     *
     * @param schema a JSON schema, draft 2020-12; what it asks for and the engine does not enforce is refused
     */
    record JsonSchema(String schema) implements AnswerFormat {
        public JsonSchema {
            Objects.requireNonNull(schema, "schema");
        }

        /** The schema itself, which begins with a brace, or the file that holds it. */
        public static JsonSchema read(String fileOrJson) throws IOException {
            boolean json = fileOrJson.stripLeading().startsWith("{");
            return new JsonSchema(json ? fileOrJson : Files.readString(Path.of(fileOrJson)));
        }
    }

    /**
     * A text that matches as a whole.
     *
     * @param pattern a regular expression of ECMA-262
     */
    record Regex(String pattern) implements AnswerFormat {
        public Regex {
            Objects.requireNonNull(pattern, "pattern");
        }
    }

    /**
     * One of a few texts.
     *
     * @param texts at least one, none of them empty
     */
    record Choice(List<String> texts) implements AnswerFormat {
        public Choice {
            texts = List.copyOf(texts);
        }
    }
}

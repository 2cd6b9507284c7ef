package dev.millrace.connector;

import dev.millrace.engine.AnswerFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the form that a job's answers are forced into. */
final class AnswerFormats {

    private AnswerFormats() {}

    /**
     * Null if the job names none.
     *
     * @throws InvalidJobException if it names several, or a file that cannot be read
     */
    static AnswerFormat from(Settings settings) {
        List<AnswerFormat> formats = new ArrayList<>();
        Optional<String> schema = settings.text(JobOption.SAMPLING_JSON_SCHEMA);
        schema.ifPresent(text -> formats.add(schema(text)));
        settings.text(JobOption.SAMPLING_AVRO_SCHEMA)
                .ifPresent(text -> formats.add(AvroForm.of(AvroForm.read(text))));
        settings.text(JobOption.SAMPLING_REGEX)
                .ifPresent(pattern -> formats.add(new AnswerFormat.Regex(pattern)));
        List<String> choice = settings.list(JobOption.SAMPLING_CHOICE);
        if (!choice.isEmpty()) {
            formats.add(new AnswerFormat.Choice(choice));
        }
        if (formats.size() > 1) {
            throw Settings.invalid(
                    "sampling",
                    formats.size() + " forms",
                    "json-schema, avro-schema, regex or choice, one of them");
        }
        return formats.isEmpty() ? null : formats.get(0);
    }

    private static AnswerFormat schema(String fileOrJson) {
        try {
            return AnswerFormat.JsonSchema.read(fileOrJson);
        } catch (IOException e) {
            throw Settings.invalid(
                    JobOption.SAMPLING_JSON_SCHEMA.key(),
                    "'" + fileOrJson + "', which cannot be read",
                    "a file with a JSON schema, or the schema itself");
        }
    }
}

package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.ModelOptions;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.Task;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.connector.sql.row.OutputColumns;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;

/** Reads how a row becomes a prompt. Without the option {@code prompt} each task has its own. */
record PromptReader(
        Configuration config,
        Task task,
        RowType inputs,
        OutputColumns outputs,
        TaskSettings settings) {

    PromptSource read() {
        List<String> names = inputs.getFieldNames();
        boolean templated = config.contains(ModelOptions.PROMPT);
        if (task == Task.CHAT
                && !templated
                && names.size() == 1
                && ColumnTexts.isMessages(inputs.getTypeAt(0))) {
            requireNoSystemPrompt();
            return new PromptSource.Messages(names.get(0));
        }
        RowTemplate prompt =
                templated
                        ? RowTemplate.parse(
                                ModelOptions.PROMPT.key(), config.get(ModelOptions.PROMPT), names)
                        : byDefault();
        if (task != Task.CHAT && !config.contains(ModelOptions.SYSTEM_PROMPT)) {
            return new PromptSource.Text(prompt, names);
        }
        RowTemplate system =
                config.getOptional(ModelOptions.SYSTEM_PROMPT)
                        .map(
                                text ->
                                        RowTemplate.parse(
                                                ModelOptions.SYSTEM_PROMPT.key(), text, names))
                        .orElse(null);
        return new PromptSource.Chat(system, prompt, names);
    }

    private void requireNoSystemPrompt() {
        if (config.contains(ModelOptions.SYSTEM_PROMPT)) {
            throw SqlError.CONFLICTING_OPTIONS.refusal(
                    "Option 'system-prompt' cannot be set where the INPUT column holds whole chats. Put the system message into the column.");
        }
    }

    private RowTemplate byDefault() {
        int needed = task == Task.SCORE ? 2 : 1;
        if (inputs.getFieldCount() != needed || isBadChat()) {
            throw SqlError.INPUT_COLUMNS.refusal(
                    "The INPUT columns do not fit the task '%s', which needs %s. Given is (%s). Set 'prompt' to a template such as '%s', or change the columns."
                            .formatted(
                                    task,
                                    needed(),
                                    inputs.getFields().stream()
                                            .map(RowType.RowField::asSummaryString)
                                            .collect(Collectors.joining(", ")),
                                    inputs.getFieldNames().stream()
                                            .map(name -> "{{" + name + "}}")
                                            .collect(Collectors.joining(" "))));
        }
        List<Integer> all = IntStream.range(0, needed).boxed().toList();
        return switch (task) {
            case GENERATE, CHAT, EMBED -> new RowTemplate(List.of("", ""), all);
            case EXTRACT ->
                    new RowTemplate(
                            List.of(
                                    "Read the text and fill a JSON object with the keys "
                                            + keys()
                                            + ". Use null for what the text does not say.\n\nText: ",
                                    "\n\nJSON:\n"),
                            all);
            case CLASSIFY ->
                    new RowTemplate(
                            List.of(
                                    "Text: ",
                                    "\n\nWhich of these labels fits the text: "
                                            + String.join(
                                                    ", ", ((TaskSettings.Labels) settings).labels())
                                            + "?\nLabel:\n"),
                            all);
            case SCORE -> {
                TaskSettings.Score score = (TaskSettings.Score) settings;
                yield new RowTemplate(
                        List.of(
                                "Query: ",
                                "\n\nText: ",
                                "\n\nDoes the text answer the query, "
                                        + score.yes()
                                        + " or "
                                        + score.no()
                                        + "?\nAnswer:\n"),
                        all);
            }
        };
    }

    /** An array that is no chat was most likely meant as one. */
    private boolean isBadChat() {
        return task == Task.CHAT && inputs.getTypeAt(0).is(LogicalTypeRoot.ARRAY);
    }

    private String needed() {
        return switch (task) {
            case GENERATE, EXTRACT, CLASSIFY, EMBED -> "one column";
            case CHAT -> "one column: a text, or ARRAY<ROW<role STRING, content STRING>>";
            case SCORE -> "two columns: the query and the text, in this order";
        };
    }

    private String keys() {
        return outputs.answer().getFields().stream()
                .map(field -> field.getName() + " (" + field.getType().asSummaryString() + ")")
                .collect(Collectors.joining(", "));
    }
}

package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.ModelOptions;
import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.Task;
import dev.millrace.connector.sql.row.AnswerSchema;
import dev.millrace.connector.sql.row.MetadataColumn;
import dev.millrace.connector.sql.row.OutputColumns;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.SamplingParams;
import dev.millrace.engine.SamplingRules;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/** Reads what a task asks of the engine, and checks that the OUTPUT columns can hold it. */
record SettingsReader(Configuration config, Task task, OutputColumns columns) {

    TaskSettings read() {
        return switch (task) {
            case GENERATE, CHAT, EXTRACT -> generation();
            case CLASSIFY -> labels();
            case SCORE -> score();
            case EMBED -> vector();
        };
    }

    private TaskSettings generation() {
        requireAnswer("at least one column for the answer", columns.answer().getFieldCount() > 0);
        boolean typed = task == Task.EXTRACT || !isOneText(columns.answer());
        if (!typed) {
            requireTyped(ModelOptions.REQUIRED_COLUMNS.key());
            requireTyped(ModelOptions.SCHEMA.key());
        }
        SamplingParams.Builder sampling = sampling();
        if (typed) {
            sampling.format(new AnswerSchema(config, columns.answer()).format());
        }
        SamplingParams params = sampling.build();
        try {
            SamplingRules.check(params, Integer.MAX_VALUE);
        } catch (InvalidRequestException e) {
            throw new ValidationException(
                    "Invalid value for option '" + e.problem().where() + "'. " + e.getMessage(), e);
        }
        return new TaskSettings.Generation(params, !config.contains(ModelOptions.SEED), typed);
    }

    private void requireTyped(String option) {
        if (config.containsKey(option)) {
            throw SqlError.CONFLICTING_OPTIONS.refusal(
                    "Option '"
                            + option
                            + "' needs typed OUTPUT columns, but the one column of type STRING takes the answer as plain text. Leave the"
                            + " option out, declare more columns, or set 'task' = 'extract'.");
        }
    }

    private static boolean isOneText(RowType answer) {
        return answer.getFieldCount() == 1
                && answer.getTypeAt(0) instanceof VarCharType text
                && text.getLength() == VarCharType.MAX_LENGTH;
    }

    private SamplingParams.Builder sampling() {
        return SamplingParams.builder()
                .temperature(config.get(ModelOptions.TEMPERATURE))
                .topP(config.get(ModelOptions.TOP_P))
                .topK(config.get(ModelOptions.TOP_K))
                .minP(config.get(ModelOptions.MIN_P))
                .repetitionPenalty(config.get(ModelOptions.REPETITION_PENALTY))
                .presencePenalty(config.get(ModelOptions.PRESENCE_PENALTY))
                .frequencyPenalty(config.get(ModelOptions.FREQUENCY_PENALTY))
                .seed(config.getOptional(ModelOptions.SEED).orElse(0L))
                .stop(stop())
                .maxTokens(config.get(ModelOptions.MAX_TOKENS))
                .minTokens(config.get(ModelOptions.MIN_TOKENS))
                .n(config.get(ModelOptions.N))
                .logprobs(columns.has(MetadataColumn.LOGPROB) ? 0 : -1);
    }

    private List<String> stop() {
        return config.getOptional(ModelOptions.STOP)
                .map(text -> Arrays.asList(text.split(",", -1)))
                .orElse(List.of());
    }

    private TaskSettings labels() {
        List<String> labels = config.getOptional(ModelOptions.LABELS).orElse(List.of());
        requireLabels(labels, labels.size() >= 2, "at least two, all different and none empty");
        RowType answer = columns.answer();
        int texts = 0;
        int probability = -1;
        for (int i = 0; i < answer.getFieldCount(); i++) {
            LogicalType type = answer.getTypeAt(i);
            if (type.is(LogicalTypeFamily.CHARACTER_STRING)) {
                texts++;
            } else if (type.is(LogicalTypeRoot.DOUBLE)) {
                probability = i;
            }
        }
        int columnsOfAnswer = probability < 0 ? 1 : 2;
        requireAnswer(
                "one STRING column for the label, and if wanted one DOUBLE column for its probability",
                texts == 1 && answer.getFieldCount() == columnsOfAnswer);
        return new TaskSettings.Labels(labels, config.get(ModelOptions.CALIBRATED), probability);
    }

    private TaskSettings score() {
        List<String> labels = config.getOptional(ModelOptions.LABELS).orElse(List.of("yes", "no"));
        requireLabels(labels, labels.size() == 2, "two, the one for a good text first");
        requireAnswer(
                "one DOUBLE column",
                columns.answer().getFieldCount() == 1
                        && columns.answer().getTypeAt(0).is(LogicalTypeRoot.DOUBLE));
        return new TaskSettings.Score(labels.get(0), labels.get(1));
    }

    private void requireLabels(List<String> labels, boolean enough, String allowed) {
        if (labels.isEmpty()) {
            throw SqlError.MISSING_OPTION.refusal(
                    "One or more required options are missing.\n\nMissing required options are:\n\nlabels\n\nThe task '"
                            + task
                            + "' chooses from 'labels', separated by ';'.");
        }
        boolean distinct = new HashSet<>(labels).size() == labels.size();
        if (!enough || !distinct || labels.stream().anyMatch(String::isBlank)) {
            throw OptionList.invalid(ModelOptions.LABELS.key(), String.join(";", labels), allowed);
        }
    }

    private TaskSettings vector() {
        RowType answer = columns.answer();
        LogicalType element =
                answer.getFieldCount() == 1 && answer.getTypeAt(0) instanceof ArrayType array
                        ? array.getElementType()
                        : null;
        boolean floats = element != null && element.is(LogicalTypeRoot.FLOAT);
        boolean doubles = element != null && element.is(LogicalTypeRoot.DOUBLE);
        requireAnswer("one column of type ARRAY<FLOAT> or ARRAY<DOUBLE>", floats || doubles);
        int dimension = config.getOptional(ModelOptions.DIMENSION).orElse(0);
        if (config.contains(ModelOptions.DIMENSION) && dimension < 1) {
            throw OptionList.invalid(
                    ModelOptions.DIMENSION.key(),
                    String.valueOf(dimension),
                    "an integer of at least 1");
        }
        return new TaskSettings.Vector(
                config.get(ModelOptions.POOLING),
                config.get(ModelOptions.NORMALIZED),
                dimension,
                doubles);
    }

    private void requireAnswer(String needed, boolean met) {
        if (!met) {
            String given =
                    columns.answer().getFields().stream()
                            .map(RowType.RowField::asSummaryString)
                            .collect(Collectors.joining(", "));
            throw SqlError.OUTPUT_COLUMNS.refusal(
                    "The OUTPUT columns do not fit the task '%s', which needs %s. Given is (%s). Change the columns, or 'task'."
                            .formatted(task, needed, given));
        }
    }
}

package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.Task;
import java.util.Locale;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.InputTypeStrategy;

/** The SQL functions. */
public enum FunctionKind {
    LLM_GENERATE(Task.GENERATE, "prompt"),
    LLM_CLASSIFY(Task.CLASSIFY, "text"),
    LLM_EXTRACT(Task.EXTRACT, "text"),
    LLM_EMBED(Task.EMBED, "text"),
    LLM_SCORE(Task.SCORE, "query", "text");

    private final Task task;
    private final String first;
    private final String second;

    FunctionKind(Task task, String input) {
        this(task, input, null);
    }

    FunctionKind(Task task, String first, String second) {
        this.task = task;
        this.first = first;
        this.second = second;
    }

    static Optional<FunctionKind> of(String name) {
        for (FunctionKind kind : values()) {
            if (kind.name().equals(name.toUpperCase(Locale.ROOT))) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    Task task() {
        return task;
    }

    /** Arguments that the prompt is made of; they come first. */
    DataType inputs() {
        return second == null
                ? DataTypes.ROW(DataTypes.FIELD(first, DataTypes.STRING()))
                : DataTypes.ROW(
                        DataTypes.FIELD(first, DataTypes.STRING()),
                        DataTypes.FIELD(second, DataTypes.STRING()));
    }

    /** Type of the result, in Flink's internal form; of LLM_EXTRACT without columns of its own. */
    DataType result() {
        return switch (this) {
            case LLM_GENERATE, LLM_CLASSIFY, LLM_EXTRACT ->
                    DataTypes.STRING().bridgedTo(StringData.class);
            case LLM_EMBED -> DataTypes.ARRAY(DataTypes.FLOAT()).bridgedTo(ArrayData.class);
            case LLM_SCORE -> DataTypes.DOUBLE();
        };
    }

    InputTypeStrategy arguments() {
        InputTypeStrategy text = InputTypeStrategies.explicitSequence(DataTypes.STRING());
        InputTypeStrategy texts =
                InputTypeStrategies.explicitSequence(DataTypes.STRING(), DataTypes.STRING());
        return switch (this) {
            case LLM_GENERATE ->
                    InputTypeStrategies.or(
                            text,
                            texts,
                            InputTypeStrategies.explicitSequence(
                                    DataTypes.STRING(),
                                    DataTypes.MAP(DataTypes.STRING(), DataTypes.STRING())));
            case LLM_CLASSIFY ->
                    InputTypeStrategies.explicitSequence(
                            DataTypes.STRING(), DataTypes.ARRAY(DataTypes.STRING()));
            case LLM_EXTRACT, LLM_SCORE -> texts;
            case LLM_EMBED -> text;
        };
    }
}

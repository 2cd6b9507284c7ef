package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.ModelOptions;
import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.Task;
import dev.millrace.connector.sql.model.SqlModel;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.connector.sql.model.TaskSettings;
import dev.millrace.connector.sql.row.AnswerSchema;
import dev.millrace.engine.AnswerFormat;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeFamily;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;
import org.apache.flink.table.types.utils.TypeConversions;

/**
 * What a function asks of the module's model. Options and labels may differ from row to row, so a model is made for each set of them that
 * comes.
 *
 * @param options those of the module
 */
record FunctionModel(FunctionKind kind, Map<String, String> options, SqlModelReader reader)
        implements Serializable {

    FunctionModel {
        options = Map.copyOf(options);
    }

    /** Deadline of a row; zero for none. */
    Duration timeout() {
        return Configuration.fromMap(options)
                .getOptional(ModelOptions.TIMEOUT)
                .orElse(Duration.ZERO);
    }

    /** The model, given what stands behind the arguments of the prompt; null for nothing. */
    SqlModel model(Object extra) {
        return switch (kind) {
            case LLM_GENERATE -> generate(extra == null ? Map.of() : overrides(extra));
            case LLM_CLASSIFY -> classify((Object[]) extra);
            case LLM_EXTRACT -> extract((String) extra);
            case LLM_EMBED, LLM_SCORE -> read(kind.task(), Map.of(), row(kind.result()));
        };
    }

    private SqlModel generate(Map<String, String> overrides) {
        boolean chat = "chat".equals(options.get(ModelOptions.TASK.key()));
        return read(chat ? Task.CHAT : Task.GENERATE, overrides, row(kind.result()));
    }

    private SqlModel classify(Object[] labels) {
        String joined =
                String.join(
                        ";",
                        Arrays.stream(labels == null ? new Object[0] : labels)
                                .map(label -> quoted(String.valueOf(label)))
                                .toList());
        return read(Task.CLASSIFY, Map.of(ModelOptions.LABELS.key(), joined), row(kind.result()));
    }

    /** As lists in Flink's options are written: what holds a separator stands in quotes. */
    private static String quoted(String label) {
        return "'" + label.replace("'", "''") + "'";
    }

    private SqlModel extract(String schema) {
        Optional<RowType> columns = columns(schema);
        if (columns.isPresent()) {
            return extract(columns.get());
        }
        AnswerFormat format = new AnswerFormat.JsonSchema(schema);
        SqlModel plain = read(Task.GENERATE, Map.of(), row(kind.result()));
        int most = ((TaskSettings.Generation) plain.settings()).sampling().maxTokens();
        AnswerSchema.requireEnforceable(format, most);
        return plain.withFormat(format);
    }

    /** Where there is no answer the whole row is null, so its columns may be NOT NULL. */
    private SqlModel extract(RowType columns) {
        List<RowType.RowField> nullable = new ArrayList<>();
        List<String> required = new ArrayList<>();
        for (RowType.RowField field : columns.getFields()) {
            nullable.add(new RowType.RowField(field.getName(), field.getType().copy(true)));
            if (!field.getType().isNullable()) {
                required.add(quoted(field.getName()));
            }
        }
        Map<String, String> overrides =
                required.isEmpty()
                        ? Map.of()
                        : Map.of(ModelOptions.REQUIRED_COLUMNS.key(), String.join(";", required));
        return read(Task.EXTRACT, overrides, new RowType(false, nullable));
    }

    private SqlModel read(Task task, Map<String, String> overrides, RowType outputs) {
        Map<String, String> all = OptionList.forTask(options, task);
        all.putAll(overrides);
        RowType inputs = (RowType) kind.inputs().getLogicalType();
        return reader.read(kind.name(), all, inputs, outputs);
    }

    private static RowType row(DataType result) {
        return RowType.of(new LogicalType[] {result.getLogicalType()}, new String[] {"answer"});
    }

    /** The columns of a type such as {@code ROW<name STRING>}; empty for a JSON schema. */
    private static Optional<RowType> columns(String schema) {
        if (schema == null || schema.isBlank()) {
            throw badSchema("an empty text");
        }
        if (schema.stripLeading().startsWith("{")) {
            return Optional.empty();
        }
        LogicalType type;
        try {
            type = LogicalTypeParser.parse(schema, FunctionModel.class.getClassLoader());
        } catch (RuntimeException e) {
            throw badSchema("a text that is no type: " + e.getMessage());
        }
        if (!(type instanceof RowType row)) {
            throw badSchema("the type " + type.asSummaryString());
        }
        return Optional.of(row);
    }

    private static RuntimeException badSchema(String given) {
        return SqlError.ARGUMENT.refusal(
                "Invalid argument 'schema' of LLM_EXTRACT. Given is "
                        + given
                        + ", allowed is a type such as 'ROW<name STRING, age INT>', or a JSON schema. Change the argument.");
    }

    /** A map, or a text {@code name=value, name=value}. */
    private static Map<String, String> overrides(Object given) {
        Map<String, String> overrides = new HashMap<>();
        if (given instanceof Map<?, ?> map) {
            map.forEach((key, value) -> overrides.put(String.valueOf(key), String.valueOf(value)));
        } else {
            for (String one : given.toString().split(",", -1)) {
                String[] parts = one.split("=", 2);
                if (parts.length < 2) {
                    throw SqlError.ARGUMENT.refusal(
                            "Invalid argument 'options' of LLM_GENERATE. Given is '"
                                    + one.strip()
                                    + "', allowed is 'name=value, name=value'. Change the argument.");
                }
                overrides.put(parts[0].strip(), parts[1].strip());
            }
        }
        List<String> known = OptionList.keys(true);
        for (String key : overrides.keySet()) {
            if (!known.contains(key)) {
                throw OptionList.unknown("the options of LLM_GENERATE", key, known);
            }
        }
        return overrides;
    }

    /** Types of arguments and result; what is wrong with options or a literal is said here, when a query is planned. */
    TypeInference typeInference() {
        return TypeInference.newBuilder()
                .inputTypeStrategy(kind.arguments())
                .outputTypeStrategy(this::result)
                .build();
    }

    private Optional<DataType> result(CallContext call) {
        int extra = kind.inputs().getChildren().size();
        boolean given = call.getArgumentDataTypes().size() > extra;
        boolean literal =
                given
                        && call.getArgumentDataTypes()
                                .get(extra)
                                .getLogicalType()
                                .is(LogicalTypeFamily.CHARACTER_STRING)
                        && call.isArgumentLiteral(extra);
        if (kind == FunctionKind.LLM_EXTRACT) {
            String schema = literal ? call.getArgumentValue(extra, String.class).orElse("") : "";
            SqlModel unused = model(schema); // refuses what cannot be enforced
            return columns(schema)
                    .map(
                            row ->
                                    TypeConversions.fromLogicalToDataType(row.copy(true))
                                            .bridgedTo(RowData.class))
                    .or(() -> Optional.of(kind.result()));
        }
        if (kind != FunctionKind.LLM_CLASSIFY) {
            SqlModel unused =
                    model(literal ? call.getArgumentValue(extra, String.class).orElse(null) : null);
        }
        return Optional.of(kind.result());
    }

    /** Whether a row's answer is the whole row, not its one column. */
    boolean answersRows(Object extra) {
        return kind == FunctionKind.LLM_EXTRACT && columns((String) extra).isPresent();
    }
}

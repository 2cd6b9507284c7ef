package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.ErrorHandlingStrategy;
import dev.millrace.connector.sql.ModelOptions;
import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.Task;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.connector.sql.row.OutputColumns;
import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.operator.EngineProvider;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes a {@link SqlModel} of the options and columns of a statement, or refuses them.
 *
 * @param where what the options belong to, in messages
 * @param engines makes the engine's provider of a model's name or path
 */
public record SqlModelReader(String where, EngineSource engines) implements Serializable {

    /**
     * The model.
     *
     * @throws ValidationException for the first thing that is not allowed
     */
    public SqlModel read(
            String name, Map<String, String> options, RowType inputs, RowType outputs) {
        OptionList.check(where, options);
        Configuration config = Configuration.fromMap(options);
        EngineConfig engineConfig = engineConfig(config);
        String checkpoint = config.get(ModelOptions.MODEL);
        if (checkpoint == null || checkpoint.isBlank()) {
            throw SqlError.MISSING_OPTION.refusal(
                    "One or more required options are missing.\n\nMissing required options are:\n\nmodel\n\n"
                            + "Set 'model' to a checkpoint's folder or file, or to its name on a hub.");
        }
        Task task = config.get(ModelOptions.TASK);
        OutputColumns columns = OutputColumns.of(outputs);
        TaskSettings settings = new SettingsReader(config, task, columns).read();
        ColumnTexts unused = new ColumnTexts(inputs); // refuses columns that have no text
        PromptSource prompt = new PromptReader(config, task, inputs, columns, settings).read();
        ErrorHandlingStrategy errors = config.get(ModelOptions.ERROR_HANDLING_STRATEGY);
        requireNullable(outputs, errors);
        return new SqlModel(
                name,
                engine(checkpoint, engineConfig),
                config.get(ModelOptions.ENGINE_LINGER),
                engineConfig.maxNumSeqs(),
                task,
                settings,
                inputs,
                prompt,
                columns,
                limit(config, settings),
                errors,
                timeout(config));
    }

    private static EngineConfig engineConfig(Configuration config) {
        try {
            return EngineOptions.parse(config.getOptional(ModelOptions.ENGINE).orElse(Map.of()));
        } catch (InvalidRequestException e) {
            throw new ValidationException(
                    "Invalid value for an option 'engine.…'. " + e.getMessage(), e);
        }
    }

    private EngineProvider engine(String checkpoint, EngineConfig config) {
        try {
            return engines.engine(checkpoint, config);
        } catch (InvalidModelException e) {
            throw new ValidationException("Invalid value for option 'model'. " + e.getMessage(), e);
        }
    }

    private static ContextLimit limit(Configuration config, TaskSettings settings) {
        int most = config.getOptional(ModelOptions.MAX_CONTEXT_SIZE).orElse(0);
        if (config.contains(ModelOptions.MAX_CONTEXT_SIZE) && most < 1) {
            throw OptionList.invalid(
                    ModelOptions.MAX_CONTEXT_SIZE.key(),
                    String.valueOf(most),
                    "an integer of at least 1");
        }
        int answer =
                settings instanceof TaskSettings.Generation generation
                        ? generation.sampling().maxTokens()
                        : 1;
        return new ContextLimit(most, config.get(ModelOptions.CONTEXT_OVERFLOW_ACTION), answer);
    }

    private static Duration timeout(Configuration config) {
        Duration timeout = config.getOptional(ModelOptions.TIMEOUT).orElse(Duration.ZERO);
        if (config.contains(ModelOptions.TIMEOUT) && (timeout.isNegative() || timeout.isZero())) {
            throw OptionList.invalid(
                    ModelOptions.TIMEOUT.key(), timeout.toString(), "a duration above 0");
        }
        return timeout;
    }

    /** A row that was not answered has nulls, which columns that are NOT NULL cannot hold. */
    private static void requireNullable(RowType outputs, ErrorHandlingStrategy errors) {
        List<String> bad = new ArrayList<>();
        for (RowType.RowField field : outputs.getFields()) {
            LogicalType type = field.getType();
            if (!type.isNullable()) {
                bad.add("'" + field.getName() + "'");
            }
        }
        if (!bad.isEmpty() && errors == ErrorHandlingStrategy.IGNORE) {
            throw SqlError.OUTPUT_COLUMNS.refusal(
                    "OUTPUT columns are NOT NULL: "
                            + String.join(", ", bad)
                            + ". With 'error-handling-strategy' = 'ignore' a row that cannot be answered has nulls in them. Declare them"
                            + " without NOT NULL and name them in 'required-columns', which keeps nulls out of answers, or set"
                            + " 'error-handling-strategy' = 'failover'.");
        }
    }
}

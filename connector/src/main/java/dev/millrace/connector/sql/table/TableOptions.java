package dev.millrace.connector.sql.table;

import static org.apache.flink.configuration.ConfigOptions.key;

import dev.millrace.connector.sql.ModelOptions;
import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.Task;
import dev.millrace.connector.sql.model.SqlModel;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.operator.OnModelChange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.description.HtmlFormatter;
import org.apache.flink.table.api.ValidationException;

/**
 * The options of a {@code millrace-kafka} table beside those of Kafka's connector and, behind the prefix {@code llm.}, those of {@link
 * ModelOptions}.
 */
public final class TableOptions {
    /** What all of them begin with. */
    public static final String PREFIX = "llm.";

    public static final ConfigOption<List<String>> OUTPUT_COLUMNS =
            key("llm.output-columns")
                    .stringType()
                    .asList()
                    .noDefaultValue()
                    .withDescription(
                            "Required. Columns that the model fills, separated by `;`, in the order in which it writes them. They are nullable.");

    public static final ConfigOption<String> DEAD_LETTER_TOPIC =
            key("llm.dead-letter-topic")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Written tables: topic of the rows that could not be answered, in the table's format, with the headers"
                                    + " `millrace.status`, `millrace.code`, `millrace.message` and `millrace.attempt`.");

    public static final ConfigOption<String> ID_COLUMN =
            key("llm.id-column")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Written tables: column that names a row's request and gives its random numbers; by default, and where it is null, a hash of the prompt. Rows with the same value are answered each for itself, with the same random numbers."
                                    + " Read tables have the record's topic, partition and offset.");

    public static final ConfigOption<Integer> MAX_IN_FLIGHT =
            key("llm.max-in-flight")
                    .intType()
                    .defaultValue(256)
                    .withDescription("Most rows of one subtask that are being answered.");

    public static final ConfigOption<OnModelChange> ON_MODEL_CHANGE =
            key("llm.on-model-change")
                    .enumType(OnModelChange.class)
                    .defaultValue(OnModelChange.FAIL)
                    .withDescription(
                            "What to do with half-generated answers of another model: `fail` or `regenerate`.");

    public static final ConfigOption<String> UID =
            key("llm.uid")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Begins the names of the operators' states in savepoints; by default the table's full name. Two uses of one table"
                                    + " in one job need two.");

    private static final List<ConfigOption<?>> OWN =
            List.of(
                    OUTPUT_COLUMNS,
                    DEAD_LETTER_TOPIC,
                    ID_COLUMN,
                    MAX_IN_FLIGHT,
                    ON_MODEL_CHANGE,
                    UID);

    /** What the operator does not do: it has one answer for a record, and does not see the model's tokenizer. */
    private static final Set<String> NOT_IN_TABLES =
            Set.of(
                    ModelOptions.N.key(),
                    ModelOptions.MAX_CONTEXT_SIZE.key(),
                    ModelOptions.CONTEXT_OVERFLOW_ACTION.key(),
                    ModelOptions.CALIBRATED.key(),
                    ModelOptions.POOLING.key(),
                    ModelOptions.NORMALIZED.key(),
                    ModelOptions.DIMENSION.key());

    private TableOptions() {}

    static Set<ConfigOption<?>> required() {
        return Set.of(named(ModelOptions.MODEL.key()), OUTPUT_COLUMNS);
    }

    static Set<ConfigOption<?>> optional() {
        Set<ConfigOption<?>> options = new HashSet<>(OWN);
        options.remove(OUTPUT_COLUMNS);
        for (String key : OptionList.keys(false)) {
            if (key.equals(ModelOptions.ENGINE.key())) {
                options.add(key(PREFIX + key).mapType().noDefaultValue());
            } else if (!key.equals(ModelOptions.MODEL.key()) && !NOT_IN_TABLES.contains(key)) {
                options.add(named(key));
            }
        }
        return options;
    }

    /** For its name: the value is read without the prefix. */
    private static ConfigOption<String> named(String key) {
        return key(PREFIX + key).stringType().noDefaultValue();
    }

    /** The options for the documentation, which {@code docs/sql.md} repeats. */
    static String markdownTable() {
        StringBuilder table = new StringBuilder("| option | default | meaning |\n|---|---|---|\n");
        for (ConfigOption<?> option : OWN) {
            String standard =
                    option.hasDefaultValue()
                            ? "`" + OptionList.shown(option.defaultValue()) + "`"
                            : "";
            table.append("| `%s` | %s | ".formatted(option.key(), standard))
                    .append(new HtmlFormatter().format(option.description()))
                    .append(" |\n");
        }
        return table.toString();
    }

    /** The model that a table's options describe. */
    static SqlModel model(
            SqlModelReader models,
            String table,
            Map<String, String> options,
            AnswerColumns columns) {
        requireGenerating(options);
        Set<String> own = OWN.stream().map(ConfigOption::key).collect(Collectors.toSet());
        Map<String, String> ofModel = new HashMap<>();
        options.forEach(
                (key, value) -> {
                    if (key.startsWith(PREFIX) && !own.contains(key)) {
                        requireKnown(models.where(), key);
                        ofModel.put(key.substring(PREFIX.length()), value);
                    }
                });
        try {
            return models.read(table, ofModel, columns.inputType(), columns.outputType());
        } catch (ValidationException e) {
            throw new ValidationException(
                    "Table '%s', options that begin with 'llm.', where INPUT are its other columns and OUTPUT those in 'llm.output-columns': %s"
                            .formatted(table, e.getMessage()),
                    e);
        }
    }

    /** The operator carries answers that are written token by token; what has none has nothing to lose in {@code ML_PREDICT}. */
    private static void requireGenerating(Map<String, String> options) {
        String key = PREFIX + ModelOptions.TASK.key();
        String task = options.getOrDefault(key, "").toLowerCase(Locale.ROOT);
        if (task.equals(Task.EMBED.toString()) || task.equals(Task.SCORE.toString())) {
            throw SqlError.INVALID_OPTION.refusal(
                    "Invalid value for option '%s'. Given is '%s', allowed is one of generate, chat, extract, classify, as a table's answers are written token by token. Use ML_PREDICT with a model for '%2$s'."
                            .formatted(key, task));
        }
    }

    private static void requireKnown(String where, String key) {
        String ofModel = key.substring(PREFIX.length());
        if (NOT_IN_TABLES.contains(ofModel)) {
            throw SqlError.CONFLICTING_OPTIONS.refusal(
                    "Option '%s' has no use in a table, where each row has one answer, written token by token. Leave it out, or use ML_PREDICT with a model, whose option '%s' it is."
                            .formatted(key, ofModel));
        }
        List<String> known =
                Stream.concat(required().stream(), optional().stream())
                        .map(ConfigOption::key)
                        .sorted()
                        .toList();
        if (!known.contains(key) && !key.startsWith(PREFIX + ModelOptions.ENGINE.key() + ".")) {
            throw OptionList.unknown(where, key, known);
        }
    }
}

package dev.millrace.connector.sql;

import static org.apache.flink.configuration.ConfigOptions.key;

import dev.millrace.engine.Pooling;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;

/**
 * The options of a model in SQL. Where Flink's own providers have an option, its name is theirs.
 */
public final class ModelOptions {
    public static final ConfigOption<String> MODEL =
            key("model")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Checkpoint folder or GGUF file, the same path on every TaskManager; or a name"
                                    + " `ORG/NAME[@REVISION][:QUANTIZATION]`, which every TaskManager fetches into its cache.");

    public static final ConfigOption<Task> TASK =
            key("task")
                    .enumType(Task.class)
                    .defaultValue(Task.GENERATE)
                    .withDescription(
                            "`generate`, `chat`, `classify`, `extract`, `embed` or `score`.");

    public static final ConfigOption<String> PROMPT =
            key("prompt")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "Template in which `{{column}}` stands for the value of an INPUT column. By default the one INPUT column.");

    public static final ConfigOption<String> SYSTEM_PROMPT =
            key("system-prompt")
                    .stringType()
                    .noDefaultValue()
                    .withDeprecatedKeys("systemPrompt")
                    .withDescription("The system message of a `chat`; a template like `prompt`.");

    public static final ConfigOption<Float> TEMPERATURE =
            key("temperature")
                    .floatType()
                    .defaultValue(0f)
                    .withDescription("0 is greedy, 1 follows the model, 2 is the most.");

    public static final ConfigOption<Float> TOP_P =
            key("top-p")
                    .floatType()
                    .defaultValue(1f)
                    .withDeprecatedKeys("topP")
                    .withDescription("Most likely tokens that together reach this probability.");

    public static final ConfigOption<Integer> TOP_K =
            key("top-k")
                    .intType()
                    .defaultValue(0)
                    .withDescription("This many most likely tokens; 0 for all.");

    public static final ConfigOption<Float> MIN_P =
            key("min-p")
                    .floatType()
                    .defaultValue(0f)
                    .withDescription("Tokens at least this many times as likely as the best.");

    public static final ConfigOption<Float> REPETITION_PENALTY =
            key("repetition-penalty")
                    .floatType()
                    .defaultValue(1f)
                    .withDescription("Over 1 makes tokens of prompt and answer less likely.");

    public static final ConfigOption<Float> PRESENCE_PENALTY =
            key("presence-penalty")
                    .floatType()
                    .defaultValue(0f)
                    .withDescription("Over 0 makes tokens of the answer less likely.");

    public static final ConfigOption<Float> FREQUENCY_PENALTY =
            key("frequency-penalty")
                    .floatType()
                    .defaultValue(0f)
                    .withDescription("The same, once for each time a token occurred.");

    public static final ConfigOption<Long> SEED =
            key("seed")
                    .longType()
                    .noDefaultValue()
                    .withDescription(
                            "Seed of the random numbers, the same for every row; by default a hash of the row's prompt.");

    public static final ConfigOption<String> STOP =
            key("stop")
                    .stringType()
                    .noDefaultValue()
                    .withDescription("Strings that end the answer, separated by commas.");

    public static final ConfigOption<Integer> MAX_TOKENS =
            key("max-tokens")
                    .intType()
                    .defaultValue(256)
                    .withDeprecatedKeys("maxTokens")
                    .withDescription("Most tokens of an answer.");

    public static final ConfigOption<Integer> MIN_TOKENS =
            key("min-tokens")
                    .intType()
                    .defaultValue(0)
                    .withDescription("No end before this many tokens.");

    public static final ConfigOption<Integer> N =
            key("n").intType()
                    .defaultValue(1)
                    .withDescription("Answers for each row; each is a row of its own.");

    public static final ConfigOption<String> SCHEMA =
            key("schema")
                    .stringType()
                    .noDefaultValue()
                    .withDescription(
                            "JSON schema that answers must fulfil beside the one of the OUTPUT columns, for instance for the values that a"
                                    + " column may have.");

    public static final ConfigOption<List<String>> REQUIRED_COLUMNS =
            key("required-columns")
                    .stringType()
                    .asList()
                    .noDefaultValue()
                    .withDescription(
                            "OUTPUT columns that an answer must give a value for, separated by `;`, or `*` for all. A row that could"
                                    + " not be answered still has nulls in them.");

    public static final ConfigOption<List<String>> LABELS =
            key("labels")
                    .stringType()
                    .asList()
                    .noDefaultValue()
                    .withDescription("What `classify` chooses from, separated by `;`.");

    public static final ConfigOption<Boolean> CALIBRATED =
            key("calibrated")
                    .booleanType()
                    .defaultValue(false)
                    .withDescription(
                            "`classify`: takes off each label what it has without any text, so that frequent words are not favoured.");

    public static final ConfigOption<Pooling> POOLING =
            key("pooling")
                    .enumType(Pooling.class)
                    .defaultValue(Pooling.MEAN)
                    .withDescription(
                            "`embed`: `mean` of all tokens' vectors, or that of the `last` token.");

    public static final ConfigOption<Boolean> NORMALIZED =
            key("normalized")
                    .booleanType()
                    .defaultValue(true)
                    .withDescription("`embed`: vectors have length 1.");

    public static final ConfigOption<Integer> DIMENSION =
            key("dimension")
                    .intType()
                    .noDefaultValue()
                    .withDescription(
                            "`embed`: keeps this many numbers of each vector; for models that were trained for it. By default all.");

    public static final ConfigOption<Integer> MAX_CONTEXT_SIZE =
            key("max-context-size")
                    .intType()
                    .noDefaultValue()
                    .withDescription(
                            "Most tokens of a prompt. By default what the model takes; a prompt that is truncated leaves room for"
                                    + " `max-tokens`.");

    public static final ConfigOption<ContextOverflowAction> CONTEXT_OVERFLOW_ACTION =
            key("context-overflow-action")
                    .enumType(ContextOverflowAction.class)
                    .defaultValue(ContextOverflowAction.ERROR)
                    .withDescription(
                            "What becomes of a longer prompt: `error`, `truncated-tail`, `truncated-head` (which part it loses) or `skipped`"
                                    + " (no row leaves); the last three with `-log` behind them log it, too.");

    public static final ConfigOption<ErrorHandlingStrategy> ERROR_HANDLING_STRATEGY =
            key("error-handling-strategy")
                    .enumType(ErrorHandlingStrategy.class)
                    .defaultValue(ErrorHandlingStrategy.IGNORE)
                    .withDescription(
                            "What becomes of a row that cannot be answered: `ignore` gives it nulls and its error columns, `failover` fails"
                                    + " the job.");

    public static final ConfigOption<Duration> TIMEOUT =
            key("timeout")
                    .durationType()
                    .noDefaultValue()
                    .withDescription(
                            "Deadline of a row, after which it leaves with `finish_reason` = `timeout`. By default, and at most, eight tenths"
                                    + " of Flink's own `table.exec.async-ml-predict.timeout`, which would fail the job.");

    public static final ConfigOption<Duration> ENGINE_LINGER =
            key("engine-linger")
                    .durationType()
                    .defaultValue(Duration.ofSeconds(30))
                    .withDescription(
                            "How long an engine stays loaded after its last user, so that the next query finds it.");

    public static final ConfigOption<Map<String, String>> ENGINE =
            key("engine")
                    .mapType()
                    .noDefaultValue()
                    .withDescription(
                            "`engine.NAME` for each option of the [engine](configuration.md#the-engine), for instance"
                                    + " `engine.max-num-seqs`.");

    private ModelOptions() {}
}

package dev.millrace.connector;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every key of a job file, in the order of {@code docs/configuration.md}, which repeats {@link #markdownTable()}. */
public enum JobOption {
    NAME("name", Kind.TEXT, "millrace", "Name of the job in Flink's web interface."),
    MODEL(
            "model",
            Kind.TEXT,
            Fallback.REQUIRED,
            "Checkpoint folder or GGUF file, the same path on every TaskManager; or a name `ORG/NAME[@REVISION][:QUANTIZATION]`, which every"
                    + " TaskManager fetches into its cache."),
    ENGINE(
            "engine",
            Kind.GROUP,
            Fallback.NONE,
            "Engine options by name, for instance `max-num-seqs`."),
    SOURCE_BOOTSTRAP_SERVERS(
            "source.bootstrap-servers",
            Kind.TEXT,
            Fallback.REQUIRED,
            "Kafka brokers, `host:port,…`."),
    SOURCE_TOPICS(
            "source.topics", Kind.LIST, Fallback.REQUIRED, "Topics to read: one name or a list."),
    SOURCE_GROUP_ID(
            "source.group-id",
            Kind.TEXT,
            "the job's name",
            "Consumer group that offsets are committed to."),
    SOURCE_STARTING_OFFSETS(
            "source.starting-offsets",
            Kind.TEXT,
            "committed",
            "`earliest`, `latest`, or `committed`: the group's offsets, earliest where it has none."),
    SOURCE_BOUNDED(
            "source.bounded",
            Kind.TEXT,
            "none",
            "`none` reads on for ever; `latest` ends the job at the offsets the topics have when it starts."),
    SOURCE_TOMBSTONES(
            "source.tombstones",
            Kind.TEXT,
            "dead-letter",
            "What becomes of records with a null value: `dead-letter` or `skip`."),
    SOURCE_PROPERTIES("source.properties", Kind.GROUP, Fallback.NONE, "Kafka consumer properties."),
    SCHEMA_FILE(
            "schema.file",
            Kind.TEXT,
            Fallback.NONE,
            "Avro schema (`.avsc`) of the values; with a registry, the schema they are read as."),
    SCHEMA_REGISTRY(
            "schema.registry",
            Kind.TEXT,
            Fallback.NONE,
            "URL of a Confluent-compatible schema registry; values then carry the magic byte and a schema id."),
    SCHEMA_SUBJECT(
            "schema.subject",
            Kind.TEXT,
            "first topic + `-value`",
            "Subject whose latest schema values are read as when there is no `schema.file`."),
    SCHEMA_OUTPUT_SUBJECT(
            "schema.output-subject",
            Kind.TEXT,
            "output topic + `-value`",
            "Subject that the output schema is registered under."),
    SCHEMA_REGISTRY_USER(
            "schema.registry-user", Kind.TEXT, Fallback.NONE, "User name for the registry."),
    SCHEMA_REGISTRY_PASSWORD(
            "schema.registry-password",
            Kind.TEXT,
            Fallback.NONE,
            "Its password; best as `${VARIABLE}`."),
    SCHEMA_REGISTRY_TIMEOUT(
            "schema.registry-timeout",
            Kind.DURATION,
            "5 s",
            "Time for one try at the registry; there are four."),
    PROMPT(
            "prompt",
            Kind.TEXT,
            Fallback.NONE,
            "Template of a plain prompt: `{{field}}` and `{{outer.inner}}` stand for fields of the record."),
    MESSAGES(
            "messages",
            Kind.MESSAGES,
            Fallback.NONE,
            "Chat instead of a prompt: a list of `{role, content}`, role `system`, `user` or `assistant`, content a template."),
    MESSAGES_COLUMN(
            "messages-column",
            Kind.TEXT,
            Fallback.NONE,
            "Field that holds the chat itself: an array of records with the strings `role` and `content`."),
    OUTPUT_TOPIC("output.topic", Kind.TEXT, Fallback.REQUIRED, "Topic of the answers."),
    OUTPUT_FIELDS(
            "output.fields",
            Kind.GROUP,
            "`answer: text`",
            "Fields to add to the record, from new name to one of `text`, `finish-reason`, `prompt-tokens`, "
                    + "`generated-tokens`, `effective-max-tokens`, `logprob`, `model`, `request-id`."),
    OUTPUT_JSON_FIELDS(
            "output.json-fields",
            Kind.GROUP,
            Fallback.NONE,
            "Reads the answer as one JSON object: from key, which is also the new field's name, to `string`, `int`, `long`, "
                    + "`double` or `boolean`, with `?` behind it if the key may be missing or null."),
    OUTPUT_BOOTSTRAP_SERVERS(
            "output.bootstrap-servers",
            Kind.TEXT,
            "the source's",
            "Kafka brokers of the output and dead-letter topics."),
    OUTPUT_PROPERTIES(
            "output.properties",
            Kind.GROUP,
            "the source's `security.*`, `sasl.*`, `ssl.*` if the brokers are the same",
            "Kafka producer properties."),
    DEAD_LETTER_TOPIC(
            "dead-letter.topic",
            Kind.TEXT,
            Fallback.REQUIRED,
            "Topic of records without an answer: original key, value and headers, and headers that say why."),
    SAMPLING_TEMPERATURE("sampling.temperature", Kind.NUMBER, "0", "0 is greedy."),
    SAMPLING_TOP_P(
            "sampling.top-p",
            Kind.NUMBER,
            "1",
            "Most likely tokens that together reach this probability."),
    SAMPLING_TOP_K("sampling.top-k", Kind.INTEGER, "0", "This many most likely tokens; 0 for all."),
    SAMPLING_MIN_P(
            "sampling.min-p",
            Kind.NUMBER,
            "0",
            "Tokens at least this many times as likely as the best."),
    SAMPLING_REPETITION_PENALTY(
            "sampling.repetition-penalty",
            Kind.NUMBER,
            "1",
            "Over 1 makes tokens of prompt and answer less likely."),
    SAMPLING_PRESENCE_PENALTY(
            "sampling.presence-penalty",
            Kind.NUMBER,
            "0",
            "Over 0 makes tokens of the answer less likely."),
    SAMPLING_FREQUENCY_PENALTY(
            "sampling.frequency-penalty",
            Kind.NUMBER,
            "0",
            "The same, once for each time a token occurred."),
    SAMPLING_SEED(
            "sampling.seed",
            Kind.INTEGER,
            "hash of topic, partition and offset",
            "Seed of the random numbers, the same for every record."),
    SAMPLING_MAX_TOKENS("sampling.max-tokens", Kind.INTEGER, "256", "Most tokens of an answer."),
    SAMPLING_MIN_TOKENS(
            "sampling.min-tokens", Kind.INTEGER, "0", "No end before this many tokens."),
    SAMPLING_STOP("sampling.stop", Kind.LIST, Fallback.NONE, "Strings that end the answer."),
    SAMPLING_STOP_TOKEN_IDS(
            "sampling.stop-token-ids",
            Kind.LIST,
            Fallback.NONE,
            "Tokens that end the answer beside the model's own."),
    SAMPLING_IGNORE_EOS(
            "sampling.ignore-eos",
            Kind.FLAG,
            "false",
            "The model's own end does not end the answer."),
    SAMPLING_N(
            "sampling.n",
            Kind.INTEGER,
            "1",
            "Answers for each record; above 1, `text`, `finish-reason` and `logprob` are arrays."),
    SAMPLING_JSON_SCHEMA(
            "sampling.json-schema",
            Kind.TEXT,
            Fallback.NONE,
            "Forces every answer into a JSON schema: a file, or the schema itself, which begins with `{`."),
    SAMPLING_AVRO_SCHEMA(
            "sampling.avro-schema",
            Kind.TEXT,
            Fallback.NONE,
            "Forces every answer into an Avro record, whose fields are added to the output: a file, or the schema itself, "
                    + "which begins with `{`."),
    SAMPLING_REGEX(
            "sampling.regex",
            Kind.TEXT,
            Fallback.NONE,
            "Forces every answer to match a regular expression as a whole."),
    SAMPLING_CHOICE(
            "sampling.choice", Kind.LIST, Fallback.NONE, "Forces every answer to be one of these."),
    SAMPLING_COLUMNS(
            "sampling-columns",
            Kind.GROUP,
            Fallback.NONE,
            "Sampling parameters that a record brings along, from parameter (`temperature`, `top-p`, `top-k`, `min-p`, "
                    + "`repetition-penalty`, `presence-penalty`, `frequency-penalty`, `seed`, `max-tokens`, `min-tokens`) "
                    + "to the field that holds it; null means the job's value."),
    TIMEOUT(
            "timeout",
            Kind.DURATION,
            Fallback.NONE,
            "Time for one record; when it is over the record goes to the dead-letter topic."),
    MAX_IN_FLIGHT(
            "max-in-flight",
            Kind.INTEGER,
            "256",
            "Most records that one subtask has in the engine."),
    ENGINE_LINGER(
            "engine-linger",
            Kind.DURATION,
            "30 s",
            "How long a process keeps an engine that nobody uses, so that a restarted job finds it loaded."),
    ON_MODEL_CHANGE(
            "on-model-change",
            Kind.TEXT,
            "fail",
            "After a restore with another model: `fail`, or `regenerate` what was half generated."),
    ON_ENGINE_FAILURE(
            "on-engine-failure",
            Kind.TEXT,
            "exit-if-device-lost",
            "When the engine breaks: `fail-task` restarts the task with an engine loaded anew; `exit-if-device-lost` does so too, but "
                    + "ends the process if its GPU is lost or hangs, so that Flink replaces the TaskManager."),
    DELIVERY_GUARANTEE(
            "delivery-guarantee",
            Kind.TEXT,
            "exactly-once",
            "`exactly-once`, `at-least-once` or `none`."),
    TRANSACTIONAL_ID_PREFIX(
            "transactional-id-prefix",
            Kind.TEXT,
            "the job's name",
            "Begins the names of the job's Kafka transactions; no other job may have it."),
    TRANSACTION_TIMEOUT(
            "transaction-timeout",
            Kind.DURATION,
            "10 min",
            "After this the broker drops an uncommitted transaction; more than checkpoint interval and timeout together, no more "
                    + "than the broker's `transaction.max.timeout.ms`."),
    PARALLELISM(
            "parallelism",
            Kind.INTEGER,
            "Flink's default",
            "Subtasks; they share one engine in each process."),
    CHECKPOINT_INTERVAL(
            "checkpoint.interval",
            Kind.DURATION,
            "10 s",
            "Time between checkpoints; answers become visible to `read_committed` readers at each one."),
    CHECKPOINT_DIR(
            "checkpoint.dir", Kind.TEXT, "Flink's setting", "Folder or URI of the checkpoints."),
    CHECKPOINT_TIMEOUT(
            "checkpoint.timeout",
            Kind.DURATION,
            "5 min",
            "A checkpoint that takes longer is given up."),
    CHECKPOINT_UNALIGNED(
            "checkpoint.unaligned",
            Kind.FLAG,
            "false",
            "Checkpoints overtake records between tasks."),
    RESTART_INITIAL_DELAY(
            "restart.initial-delay",
            Kind.DURATION,
            "1 s",
            "Wait before the first restart after a failure; it doubles each time."),
    RESTART_MAX_DELAY(
            "restart.max-delay", Kind.DURATION, "1 min", "Longest wait before a restart."),
    RESTART_ATTEMPTS(
            "restart.attempts",
            Kind.INTEGER,
            "no limit",
            "Restarts within an hour after which the job fails for good.");

    /** What a value looks like. */
    public enum Kind {
        TEXT,
        INTEGER,
        NUMBER,
        FLAG,
        /** For instance {@code 10 s}, {@code 500 ms}, {@code 2 min}. */
        DURATION,
        /** A YAML list; one value stands for a list of one. */
        LIST,
        /** A map of names that this list does not know. */
        GROUP,
        /** A list of role and content. */
        MESSAGES
    }

    /** What to print where there is no default. */
    private static final class Fallback {
        static final String REQUIRED = "(required)";
        static final String NONE = "(none)";
    }

    private final String key;
    private final Kind kind;
    private final String fallback;
    private final String description;

    JobOption(String key, Kind kind, String fallback, String description) {
        this.key = key;
        this.kind = kind;
        this.fallback = fallback;
        this.description = description;
    }

    /** Dotted path in the job file. */
    public String key() {
        return key;
    }

    /** What its values look like. */
    public Kind kind() {
        return kind;
    }

    /** Its default as users read it; a value where the default does not depend on other options. */
    public String fallback() {
        return fallback;
    }

    /** One or two sentences for users. */
    public String description() {
        return description;
    }

    /** Whether a job file must set it. */
    public boolean required() {
        return fallback.equals(Fallback.REQUIRED);
    }

    /** The option that a dotted path sets: its own, or the group it lies in. */
    static Optional<JobOption> of(String path) {
        return Arrays.stream(values())
                .filter(option -> path.equals(option.key) || option.holds(path))
                .findFirst();
    }

    private boolean holds(String path) {
        return kind == Kind.GROUP && path.startsWith(key + ".");
    }

    /** The table of {@code docs/configuration.md}. */
    public static String markdownTable() {
        return Arrays.stream(values())
                .map(JobOption::markdownRow)
                .collect(
                        Collectors.joining(
                                "\n",
                                "| Key | Type | Default | Meaning |\n|---|---|---|---|\n",
                                "\n"));
    }

    private String markdownRow() {
        String type = kind.name().toLowerCase(Locale.ROOT);
        return "| `" + key + "` | " + type + " | " + fallback + " | " + description + " |";
    }
}

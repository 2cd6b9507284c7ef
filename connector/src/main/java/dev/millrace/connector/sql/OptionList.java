package dev.millrace.connector.sql;

import dev.millrace.connector.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.FallbackKey;
import org.apache.flink.table.api.ValidationException;

/** All {@link ModelOptions}, with what Flink's option does not tell: how a value is written, and which tasks have a use for it. */
public final class OptionList {
    private static final Set<Task> ALL = Set.of(Task.values());
    private static final Set<Task> GENERATING = Set.of(Task.GENERATE, Task.CHAT, Task.EXTRACT);
    private static final String NUMBER = "Number";
    private static final String INTEGER = "Integer";
    private static final String STRING = "String";
    private static final String ENUM = "Enum";

    /**
     * One option.
     *
     * @param type as the documentation has it
     * @param tasks that have a use for it
     * @param perQuery whether a query's CONFIG may change it
     */
    record Entry(ConfigOption<?> option, String type, Set<Task> tasks, boolean perQuery) {}

    static final List<Entry> ENTRIES =
            List.of(
                    new Entry(ModelOptions.MODEL, STRING, ALL, false),
                    new Entry(ModelOptions.TASK, ENUM, ALL, false),
                    new Entry(ModelOptions.PROMPT, STRING, ALL, true),
                    new Entry(
                            ModelOptions.SYSTEM_PROMPT,
                            STRING,
                            Set.of(
                                    Task.GENERATE,
                                    Task.CHAT,
                                    Task.EXTRACT,
                                    Task.CLASSIFY,
                                    Task.SCORE),
                            true),
                    new Entry(ModelOptions.MAX_TOKENS, INTEGER, GENERATING, true),
                    new Entry(ModelOptions.MIN_TOKENS, INTEGER, GENERATING, true),
                    new Entry(ModelOptions.TEMPERATURE, NUMBER, GENERATING, true),
                    new Entry(ModelOptions.TOP_P, NUMBER, GENERATING, true),
                    new Entry(ModelOptions.TOP_K, INTEGER, GENERATING, true),
                    new Entry(ModelOptions.MIN_P, NUMBER, GENERATING, true),
                    new Entry(ModelOptions.REPETITION_PENALTY, NUMBER, GENERATING, true),
                    new Entry(ModelOptions.PRESENCE_PENALTY, NUMBER, GENERATING, true),
                    new Entry(ModelOptions.FREQUENCY_PENALTY, NUMBER, GENERATING, true),
                    new Entry(ModelOptions.SEED, INTEGER, GENERATING, true),
                    new Entry(ModelOptions.STOP, STRING, GENERATING, true),
                    new Entry(ModelOptions.N, INTEGER, GENERATING, true),
                    new Entry(ModelOptions.SCHEMA, STRING, GENERATING, true),
                    new Entry(ModelOptions.REQUIRED_COLUMNS, "List", GENERATING, true),
                    new Entry(ModelOptions.LABELS, "List", Set.of(Task.CLASSIFY, Task.SCORE), true),
                    new Entry(ModelOptions.CALIBRATED, "Boolean", Set.of(Task.CLASSIFY), true),
                    new Entry(ModelOptions.POOLING, ENUM, Set.of(Task.EMBED), true),
                    new Entry(ModelOptions.NORMALIZED, "Boolean", Set.of(Task.EMBED), true),
                    new Entry(ModelOptions.DIMENSION, INTEGER, Set.of(Task.EMBED), true),
                    new Entry(ModelOptions.MAX_CONTEXT_SIZE, INTEGER, ALL, true),
                    new Entry(ModelOptions.CONTEXT_OVERFLOW_ACTION, ENUM, ALL, true),
                    new Entry(ModelOptions.ERROR_HANDLING_STRATEGY, ENUM, ALL, true),
                    new Entry(ModelOptions.TIMEOUT, "Duration", ALL, false),
                    new Entry(ModelOptions.ENGINE_LINGER, "Duration", ALL, false),
                    new Entry(ModelOptions.ENGINE, "Map", ALL, false));

    private OptionList() {}

    /**
     * Refuses keys that no option has, values that cannot be read, and options that the task has no use for.
     *
     * @param where what the options belong to, for instance {@code 'millrace'}
     * @throws ValidationException for the first of them
     */
    public static void check(String where, Map<String, String> options) {
        Configuration config = Configuration.fromMap(options);
        for (String key : new TreeSet<>(options.keySet())) {
            if (!isKnown(key)) {
                throw unknown(where, key, keys(false));
            }
        }
        for (Entry entry : ENTRIES) {
            requireReadable(entry, config);
        }
        Task task = config.get(ModelOptions.TASK);
        for (Entry entry : ENTRIES) {
            if (config.contains(entry.option) && !entry.tasks.contains(task)) {
                throw SqlError.CONFLICTING_OPTIONS.refusal(
                        "Option '%s' has no use in the task '%s'; it belongs to %s. Leave it out, or change 'task'."
                                .formatted(
                                        entry.option.key(),
                                        task,
                                        entry.tasks.stream()
                                                .map(one -> "'" + one + "'")
                                                .sorted()
                                                .collect(Collectors.joining(", "))));
            }
        }
    }

    private static boolean isKnown(String key) {
        return key.equals("provider")
                || key.startsWith(ModelOptions.ENGINE.key() + ".")
                || ENTRIES.stream().anyMatch(entry -> names(entry).contains(key));
    }

    private static List<String> names(Entry entry) {
        List<String> names = new ArrayList<>();
        names.add(entry.option.key());
        for (FallbackKey fallback : entry.option.fallbackKeys()) {
            names.add(fallback.getKey());
        }
        return names;
    }

    /** Options that a model cannot do without, for Flink. */
    public static Set<ConfigOption<?>> required() {
        return Set.of(ModelOptions.MODEL);
    }

    /** All others. */
    public static Set<ConfigOption<?>> optional() {
        return ENTRIES.stream()
                .<ConfigOption<?>>map(Entry::option)
                .filter(option -> !required().contains(option))
                .collect(Collectors.toSet());
    }

    /** The keys of all options, or of those that a query may change. */
    public static List<String> keys(boolean perQuery) {
        return ENTRIES.stream()
                .filter(entry -> entry.perQuery || !perQuery)
                .map(entry -> entry.option.key())
                .toList();
    }

    /** Those options that a task has a use for; keys that no option has stay, to be refused. */
    public static Map<String, String> forTask(Map<String, String> options, Task task) {
        Map<String, String> used = new HashMap<>(options);
        for (Entry entry : ENTRIES) {
            if (!entry.tasks.contains(task)) {
                used.keySet().removeAll(names(entry));
            }
        }
        used.put(ModelOptions.TASK.key(), task.toString());
        return used;
    }

    /** In Flink's sentences, with the name that was meant. */
    public static ValidationException unknown(String where, String key, List<String> known) {
        return SqlError.UNKNOWN_OPTION.refusal(
                "Unsupported options found for '%s'.\n\nUnsupported options:\n\n%s\n\nSupported options:\n\n%s\n\n%s"
                        .formatted(
                                where,
                                key,
                                String.join("\n", known),
                                Nearest.to(key, known)
                                        .map(nearest -> "Did you mean '" + nearest + "'?")
                                        .orElse("Leave it out.")));
    }

    private static void requireReadable(Entry entry, Configuration config) {
        try {
            Object unused = config.getOptional(entry.option);
        } catch (IllegalArgumentException e) {
            throw invalid(
                    entry.option.key(), config.getString(entry.option.key(), ""), allowed(entry));
        }
    }

    /** In Flink's sentence, with the value, what is allowed and what to do. */
    public static ValidationException invalid(String key, String given, String allowed) {
        return SqlError.INVALID_OPTION.refusal(
                "Invalid value for option '%s'. Given is '%s', allowed is %s. Change the option."
                        .formatted(key, given, allowed));
    }

    private static String allowed(Entry entry) {
        if (entry.option.equals(ModelOptions.ERROR_HANDLING_STRATEGY)) {
            return "ignore or failover (an engine in the same process has nothing to gain from a retry)";
        }
        return switch (entry.type) {
            case NUMBER -> "a number";
            case INTEGER -> "an integer";
            case "Boolean" -> "true or false";
            case "Duration" -> "a duration such as 500 ms, 10 s or 2 min";
            case ENUM -> "one of " + constants(entry.option);
            default -> "a " + entry.type.toLowerCase(Locale.ROOT);
        };
    }

    private static String constants(ConfigOption<?> option) {
        return Arrays.stream(option.defaultValue().getClass().getEnumConstants())
                .map(OptionList::shown)
                .collect(Collectors.joining(", "));
    }

    /** As users write it. */
    public static String shown(Object value) {
        return value.toString().toLowerCase(Locale.ROOT);
    }
}

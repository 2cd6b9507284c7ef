package dev.millrace.connector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Problem;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.flink.util.TimeUtils;

/**
 * The values of a job file by option: known keys only, none of the required ones missing. The only place that parses values.
 *
 * <p>Thread-safety: immutable.
 */
final class Settings {
    private final Map<String, JsonNode> leaves;

    Settings(Map<String, JsonNode> leaves) {
        this.leaves = new LinkedHashMap<>(leaves);
        leaves.keySet().forEach(Settings::requireKnown);
        requireComplete();
    }

    private static void requireKnown(String path) {
        Optional<JobOption> option = JobOption.of(path);
        if (option.isEmpty()) {
            List<String> known = Arrays.stream(JobOption.values()).map(JobOption::key).toList();
            throw unknown("job file", path, known, "key");
        }
        boolean group = option.get().kind() == JobOption.Kind.GROUP;
        if (group && path.equals(option.get().key())) {
            throw invalid(path, "one value", "a map of names and values");
        }
    }

    /** Says that a name is unknown, with the one it was probably meant to be. */
    static InvalidJobException unknown(
            String where, String given, List<String> known, String what) {
        String remedy =
                Nearest.to(given, known)
                        .map(name -> "Did you mean '" + name + "'?")
                        .orElse("See docs/configuration.md");
        String allowed = known.size() > 20 ? "a known " + what : String.join(", ", known);
        return new InvalidJobException(
                new Problem(
                        JobError.UNKNOWN_KEY,
                        where,
                        "the unknown " + what + " '" + given + "'",
                        allowed,
                        remedy));
    }

    private void requireComplete() {
        List<String> missing =
                Arrays.stream(JobOption.values())
                        .filter(option -> option.required() && !leaves.containsKey(option.key()))
                        .map(JobOption::key)
                        .toList();
        if (!missing.isEmpty()) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.MISSING_KEYS,
                            "job file",
                            "no value for " + String.join(", ", missing),
                            "a value for each of them",
                            "Add them to the file or with --set key=value"));
        }
    }

    boolean has(JobOption option) {
        return leaves.containsKey(option.key());
    }

    Optional<String> text(JobOption option) {
        return Optional.ofNullable(leaves.get(option.key()))
                .map(node -> scalar(option.key(), node));
    }

    String textOr(JobOption option, String otherwise) {
        return text(option).orElse(otherwise);
    }

    /** The option's value, or its fallback where that is a value. */
    String textOrFallback(JobOption option) {
        return textOr(option, option.fallback());
    }

    /** A value of an enum written in lower case with hyphens. */
    <E extends Enum<E>> E choice(JobOption option, Class<E> type) {
        String given = textOrFallback(option);
        return choice(option.key(), given, type);
    }

    static <E extends Enum<E>> E choice(String where, String given, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (Names.of(constant).equals(given)) {
                return constant;
            }
        }
        String allowed =
                Arrays.stream(type.getEnumConstants())
                        .map(Names::of)
                        .collect(Collectors.joining(", "));
        throw invalid(where, "'" + given + "'", "one of " + allowed);
    }

    boolean flag(JobOption option) {
        String given = textOrFallback(option);
        if (!given.equals("true") && !given.equals("false")) {
            throw invalid(option.key(), "'" + given + "'", "true or false");
        }
        return given.equals("true");
    }

    Optional<Integer> integer(JobOption option) {
        return parsed(option, "a whole number", Integer::valueOf);
    }

    Optional<Integer> positive(JobOption option) {
        Optional<Integer> value = integer(option);
        if (value.isPresent() && value.get() < 1) {
            throw invalid(option.key(), value.get().toString(), "a whole number above 0");
        }
        return value;
    }

    Optional<Duration> duration(JobOption option) {
        Optional<Duration> value =
                parsed(option, "a time such as 500 ms, 10 s or 2 min", TimeUtils::parseDuration);
        if (value.isPresent() && value.get().isZero()) {
            throw invalid(option.key(), "0", "a time above 0");
        }
        return value;
    }

    Duration durationOrFallback(JobOption option) {
        return duration(option).orElseGet(() -> TimeUtils.parseDuration(option.fallback()));
    }

    /** The option's value as {@code parse} reads it. */
    <T> Optional<T> parsed(
            JobOption option, String allowed, java.util.function.Function<String, T> parse) {
        return text(option)
                .map(
                        given -> {
                            try {
                                return parse.apply(given.strip());
                            } catch (IllegalArgumentException | ArithmeticException e) {
                                throw invalid(option.key(), "'" + given + "'", allowed);
                            }
                        });
    }

    List<String> list(JobOption option) {
        JsonNode node = leaves.get(option.key());
        if (node == null) {
            return List.of();
        }
        return node.isArray()
                ? StreamSupport.stream(node.spliterator(), false)
                        .map(element -> scalar(option.key(), element))
                        .toList()
                : List.of(scalar(option.key(), node));
    }

    /** Names and values of a group, in the order of the file. */
    Map<String, String> group(JobOption option) {
        String prefix = option.key() + ".";
        Map<String, String> values = new LinkedHashMap<>();
        leaves.keySet().stream()
                .filter(path -> path.startsWith(prefix))
                .forEach(
                        path ->
                                values.put(
                                        path.substring(prefix.length()),
                                        scalar(path, leaves.get(path))));
        return values;
    }

    Optional<JsonNode> node(JobOption option) {
        return Optional.ofNullable(leaves.get(option.key()));
    }

    private static String scalar(String path, JsonNode node) {
        if (!node.isValueNode()) {
            throw invalid(path, "a list or map", "one value");
        }
        return node.asText();
    }

    static InvalidJobException invalid(String where, String given, String allowed) {
        return new InvalidJobException(
                new Problem(
                        JobError.INVALID_VALUE,
                        where,
                        given,
                        allowed,
                        "Change it in the job file or with --set " + where + "=…"));
    }
}

package dev.millrace.connector;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.millrace.engine.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a job file and its overrides into dotted paths and leaves: texts, numbers, flags and lists. {@code ${NAME}} stands
 * for a variable of the environment; a doubled dollar sign for the characters themselves.
 */
final class JobFile {
    private static final YAMLMapper YAML =
            YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final Pattern VARIABLE = Pattern.compile("\\$?\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");
    private static final long MAX_BYTES = 1 << 20;

    private final UnaryOperator<String> environment;
    private final Map<String, JsonNode> leaves = new LinkedHashMap<>();

    private JobFile(UnaryOperator<String> environment) {
        this.environment = environment;
    }

    /** Leaves by dotted path. */
    static Map<String, JsonNode> read(
            Path file, List<String> overrides, UnaryOperator<String> environment) {
        JobFile reader = new JobFile(environment);
        reader.flatten("", reader.parse(text(file), file.toString()));
        overrides.forEach(reader::override);
        return reader.leaves;
    }

    private static String text(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw unreadable(file, "more than 1 MiB", null);
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw unreadable(
                    file, Files.exists(file) ? "a file that cannot be read" : "no such file", e);
        }
    }

    private static InvalidJobException unreadable(Path file, String given, IOException cause) {
        return new InvalidJobException(
                new Problem(
                        JobError.UNREADABLE_FILE,
                        "job file " + file,
                        given,
                        "a YAML file in UTF-8",
                        "Check the path"),
                cause);
    }

    private JsonNode parse(String yaml, String where) {
        JsonNode node;
        try {
            node = YAML.readTree(yaml);
        } catch (JsonProcessingException e) {
            // The parser's own message quotes the file, which may hold secrets.
            throw invalid(where + position(e.getLocation()), "text that is not YAML");
        }
        if (!node.isObject() && !node.isArray()) {
            throw invalid(where, "no keys");
        }
        return node;
    }

    private static String position(JsonLocation at) {
        return at == null ? "" : ", line " + at.getLineNr() + ", column " + at.getColumnNr();
    }

    private static InvalidJobException invalid(String where, String given) {
        return new InvalidJobException(
                new Problem(
                        JobError.INVALID_YAML,
                        where,
                        given,
                        "a YAML map of keys and values, each key once",
                        "Check the indentation and quote values that hold braces, colons or quotes"));
    }

    private void flatten(String path, JsonNode node) {
        if (node.isObject()) {
            node.properties()
                    .forEach(
                            entry ->
                                    flatten(
                                            path.isEmpty()
                                                    ? entry.getKey()
                                                    : path + "." + entry.getKey(),
                                            entry.getValue()));
        } else if (node.isNull()) {
            leaves.remove(path);
        } else {
            leaves.put(path, substituted(path, node));
        }
    }

    private void override(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            // Not the text itself, which may be a password with its key.
            throw invalid("--set", "no '=' behind a key");
        }
        String path = assignment.substring(0, equals);
        String value = assignment.substring(equals + 1);
        if (value.isEmpty()) {
            leaves.keySet().removeIf(key -> key.equals(path) || key.startsWith(path + "."));
        } else {
            flatten(
                    path,
                    isList(path, value) ? parse(value, "--set " + path) : new TextNode(value));
        }
    }

    /** Only options that take lists: a prompt may begin with a bracket. */
    private static boolean isList(String path, String value) {
        return value.startsWith("[")
                && JobOption.of(path)
                        .map(JobOption::kind)
                        .filter(
                                kind ->
                                        kind == JobOption.Kind.LIST
                                                || kind == JobOption.Kind.MESSAGES)
                        .isPresent();
    }

    private JsonNode substituted(String path, JsonNode leaf) {
        if (leaf instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                list.set(i, substituted(path, list.get(i)));
            }
        } else if (leaf instanceof ObjectNode map) {
            map.properties().forEach(entry -> entry.setValue(substituted(path, entry.getValue())));
        }
        return leaf.isTextual() ? new TextNode(substituted(path, leaf.textValue())) : leaf;
    }

    private String substituted(String path, String text) {
        return VARIABLE.matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(substitute(path, match)));
    }

    private String substitute(String path, MatchResult match) {
        if (match.group().startsWith("$$")) {
            return match.group().substring(1);
        }
        String value = environment.apply(match.group(1));
        if (value == null) {
            throw unset(path, match.group(1));
        }
        return value;
    }

    private static InvalidJobException unset(String path, String variable) {
        return new InvalidJobException(
                new Problem(
                        JobError.UNSET_VARIABLE,
                        path,
                        "${" + variable + "}, which is not set",
                        "a variable of the environment",
                        "Set " + variable + " before starting the job, or write $${ for ${"));
    }
}

package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@link Conjunction} says about types, listed values, numbers and strings, put together. Each keyword constrains
 * values of its own type only.
 *
 * @param types allowed types
 * @param integer numbers must be integers
 * @param values listed values, those in every list; empty if there is no list
 * @param low lower bound of numbers; null for none
 * @param high upper bound of numbers; null for none
 * @param multiples what numbers must be multiples of
 * @param minLength code points of strings
 * @param maxLength code points of strings; -1 for no limit
 * @param patterns nodes that have a pattern
 * @param formats nodes that have a format
 * @param excluded values that it must not be
 * @param excludedPatterns nodes whose {@code not} has a pattern
 * @param fractional numbers must not be integers
 */
record Constraints(
        Set<JsonType> types,
        boolean integer,
        Optional<List<JsonNode>> values,
        NumberText.Bound low,
        NumberText.Bound high,
        List<BigDecimal> multiples,
        int minLength,
        int maxLength,
        List<SchemaNode> patterns,
        List<SchemaNode> formats,
        List<JsonNode> excluded,
        List<SchemaNode> excludedPatterns,
        boolean fractional) {

    static Constraints of(Conjunction conjunction) {
        Reader reader = new Reader();
        conjunction.nodes().forEach(reader::read);
        return new Constraints(
                reader.types,
                reader.integer,
                Optional.ofNullable(reader.values),
                reader.low,
                reader.high,
                reader.multiples,
                reader.minLength,
                reader.maxLength,
                reader.patterns,
                reader.formats,
                reader.excluded,
                reader.excludedPatterns,
                reader.fractional);
    }

    /** Whether a number is within the bounds, a multiple, and an integer or none as asked. */
    boolean allows(BigDecimal value) {
        boolean whole = value.stripTrailingZeros().scale() <= 0;
        int aboveLow = low == null ? 1 : value.compareTo(low.value());
        int belowHigh = high == null ? -1 : value.compareTo(high.value());
        return (aboveLow > 0 || (aboveLow == 0 && low.inclusive()))
                && (belowHigh < 0 || (belowHigh == 0 && high.inclusive()))
                && (whole ? !fractional : !integer)
                && multiples.stream().allMatch(by -> value.remainder(by).signum() == 0);
    }

    boolean excludes(JsonNode value) {
        return excluded.stream().anyMatch(other -> JsonText.same(other, value));
    }

    /** What strings depend on. */
    List<Object> strings() {
        return List.of(
                values,
                minLength,
                maxLength,
                texts(patterns, "pattern"),
                texts(formats, "format"),
                excluded,
                excludedPatterns.stream().map(node -> node.json().get("not")).toList());
    }

    private static List<JsonNode> texts(List<SchemaNode> nodes, String keyword) {
        return nodes.stream().map(node -> node.json().get(keyword)).toList();
    }

    /** What numbers depend on. */
    List<Object> numbers() {
        return List.of(
                integer,
                Optional.ofNullable(low),
                Optional.ofNullable(high),
                multiples,
                excluded,
                fractional);
    }

    /** Those of a type that it must not be. */
    List<JsonNode> excluded(JsonType type) {
        return excluded.stream().filter(value -> JsonType.of(value) == type).toList();
    }

    /** A count in a schema: null for none. */
    static Integer count(SchemaNode node, String keyword) {
        JsonNode value = node.json().get(keyword);
        if (value == null) {
            return null;
        }
        boolean whole = value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
        if (!whole || value.decimalValue().signum() < 0) {
            throw node.syntax(keyword, "an integer of at least 0");
        }
        BigDecimal most = BigDecimal.valueOf(JsonStringLexeme.MAX_LENGTH);
        return value.decimalValue().min(most).intValue();
    }

    private static final class Reader {
        private final Set<JsonType> types = EnumSet.allOf(JsonType.class);
        private boolean integer;
        private List<JsonNode> values;
        private NumberText.Bound low;
        private NumberText.Bound high;
        private final List<BigDecimal> multiples = new ArrayList<>();
        private int minLength;
        private int maxLength = -1;
        private final List<SchemaNode> patterns = new ArrayList<>();
        private final List<SchemaNode> formats = new ArrayList<>();
        private final List<JsonNode> excluded = new ArrayList<>();
        private final List<SchemaNode> excludedPatterns = new ArrayList<>();
        private boolean fractional;

        void read(SchemaNode node) {
            JsonNode json = node.json();
            if (json.has("type")) {
                readType(node);
            }
            if (json.has("enum")) {
                if (!json.get("enum").isArray()) {
                    throw node.syntax("enum", "an array of values");
                }
                List<JsonNode> listed = new ArrayList<>();
                json.get("enum").forEach(listed::add);
                keep(listed);
            }
            if (json.has("const")) {
                keep(List.of(json.get("const")));
            }
            readNumbers(node);
            readStrings(node);
            readNot(node);
        }

        /** What {@link Negation} left of it. */
        private void readNot(SchemaNode node) {
            JsonNode not = node.json().get("not");
            if (not == null || !Negation.isAtom(node)) {
                return;
            }
            not.path("enum").forEach(excluded::add);
            if (not.has("pattern")) {
                excludedPatterns.add(node);
            }
            fractional |= not.has("type");
        }

        private void readType(SchemaNode node) {
            JsonNode type = node.json().get("type");
            List<JsonNode> words = new ArrayList<>();
            if (type.isArray()) {
                type.forEach(words::add);
            } else {
                words.add(type);
            }
            Set<JsonType> allowed = EnumSet.noneOf(JsonType.class);
            boolean number = false;
            boolean whole = false;
            for (JsonNode word : words) {
                JsonType known = type(node, word);
                allowed.add(known);
                whole |= word.asText().equals("integer");
                number |= word.asText().equals("number");
            }
            types.retainAll(allowed);
            integer |= whole && !number;
        }

        private static JsonType type(SchemaNode node, JsonNode word) {
            if (word.asText().equals("integer")) {
                return JsonType.NUMBER;
            }
            for (JsonType type : JsonType.values()) {
                if (word.isTextual() && word.asText().equals(type.word())) {
                    return type;
                }
            }
            throw node.syntax(
                    "type", "null, boolean, integer, number, string, array, object, or several");
        }

        /** By value: 1 is 1.0, and the order of an object's keys does not matter. */
        private void keep(List<JsonNode> listed) {
            List<JsonNode> before = values;
            values = new ArrayList<>();
            for (JsonNode value : listed) {
                if (before == null || before.stream().anyMatch(old -> JsonText.same(old, value))) {
                    values.add(value);
                }
            }
        }

        private void readNumbers(SchemaNode node) {
            number(node, "minimum").ifPresent(value -> raise(new NumberText.Bound(value, true)));
            number(node, "exclusiveMinimum")
                    .ifPresent(value -> raise(new NumberText.Bound(value, false)));
            number(node, "maximum").ifPresent(value -> lower(new NumberText.Bound(value, true)));
            number(node, "exclusiveMaximum")
                    .ifPresent(value -> lower(new NumberText.Bound(value, false)));
            number(node, "multipleOf")
                    .ifPresent(
                            value -> {
                                if (value.signum() <= 0) {
                                    throw node.syntax("multipleOf", "a number above 0");
                                }
                                multiples.add(value);
                            });
        }

        private static Optional<BigDecimal> number(SchemaNode node, String keyword) {
            JsonNode value = node.json().get(keyword);
            if (value == null) {
                return Optional.empty();
            }
            if (!value.isNumber()) {
                throw node.syntax(keyword, "a number");
            }
            return Optional.of(value.decimalValue());
        }

        private void raise(NumberText.Bound bound) {
            int order = low == null ? 1 : bound.value().compareTo(low.value());
            if (order > 0 || (order == 0 && !bound.inclusive())) {
                low = bound;
            }
        }

        private void lower(NumberText.Bound bound) {
            int order = high == null ? -1 : bound.value().compareTo(high.value());
            if (order < 0 || (order == 0 && !bound.inclusive())) {
                high = bound;
            }
        }

        private void readStrings(SchemaNode node) {
            Integer min = count(node, "minLength");
            Integer max = count(node, "maxLength");
            minLength = min == null ? minLength : Math.max(minLength, min);
            if (max != null) {
                maxLength = maxLength < 0 ? max : Math.min(maxLength, max);
            }
            for (String keyword : List.of("pattern", "format")) {
                JsonNode value = node.json().get(keyword);
                if (value != null && !value.isTextual()) {
                    throw node.syntax(keyword, "a text");
                }
            }
            if (node.json().has("pattern")) {
                patterns.add(node);
            }
            if (node.json().has("format")) {
                formats.add(node);
            }
        }
    }
}

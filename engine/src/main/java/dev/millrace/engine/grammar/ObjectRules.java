package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Rules of objects: the named properties in the order of the schema, each at most once. Behind them are properties without a
 * name where the schema says what their values are, names none, or needs more than it names.
 */
final class ObjectRules {
    private static final int MAX_PROPERTIES = 5_000;

    /** Where their number is bounded, each property has a rule for each number of those before it. */
    private static final int MAX_COUNTED_PROPERTIES = 500;

    private final Lexemes lexemes;
    private final Function<Set<SchemaNode>, Rule> rules;

    private final Function<Set<SchemaNode>, List<Conjunction>> alternatives;

    /** See {@link ValueRules} for the functions. */
    ObjectRules(
            Lexemes lexemes,
            Function<Set<SchemaNode>, Rule> rules,
            Function<Set<SchemaNode>, List<Conjunction>> alternatives) {
        this.lexemes = lexemes;
        this.rules = rules;
        this.alternatives = alternatives;
    }

    /**
     * What an object may hold.
     *
     * @param names in the schema's order
     * @param required those that must be there
     */
    private record Members(List<String> names, Set<String> required, int min, int max) {}

    /** {@code asked}: the schema asks for certain types, an object among them. */
    Rule of(Conjunction conjunction, boolean asked) {
        Members members = members(conjunction);
        ObjectKeys keys = new ObjectKeys(conjunction, lexemes, rules, alternatives);
        List<Rule> values = members.names.stream().map(keys::value).toList();
        long possible = values.stream().filter(value -> value.shortest() < Rule.ENDLESS).count();
        boolean more = (asked && members.names.isEmpty()) || possible < members.min;
        List<ObjectKeys.Entry> entries = keys.entries(members.names, more);
        return new Rule.Sequence(List.of(text("{"), new Body(members, values, entries).from(0, 0)));
    }

    private static Members members(Conjunction conjunction) {
        Set<String> names = new LinkedHashSet<>();
        Set<String> required = new LinkedHashSet<>();
        int min = 0;
        int max = Integer.MAX_VALUE;
        for (SchemaNode node : conjunction.nodes()) {
            JsonNode properties = node.json().path("properties");
            if (!properties.isMissingNode() && !properties.isObject()) {
                throw node.syntax("properties", "an object of schemas");
            }
            properties.fieldNames().forEachRemaining(names::add);
            required.addAll(required(node));
            Integer nodeMin = Constraints.count(node, "minProperties");
            Integer nodeMax = Constraints.count(node, "maxProperties");
            min = nodeMin == null ? min : Math.max(min, nodeMin);
            max = nodeMax == null ? max : Math.min(max, nodeMax);
            boolean counted = min > 0 || max < Integer.MAX_VALUE;
            int most = counted ? MAX_COUNTED_PROPERTIES : MAX_PROPERTIES;
            if (names.size() > most) {
                throw node.problem(
                        GrammarError.LIMIT,
                        "properties",
                        names.size() + " properties",
                        "at most " + most + (counted ? " where their number is bounded" : ""),
                        "Use fewer");
            }
        }
        names.addAll(required);
        return new Members(List.copyOf(names), required, min, max);
    }

    private static List<String> required(SchemaNode node) {
        List<String> required = new ArrayList<>();
        JsonNode list = node.json().path("required");
        if (!list.isMissingNode() && !list.isArray()) {
            throw node.syntax("required", "an array of names");
        }
        for (JsonNode name : list) {
            if (!name.isTextual()) {
                throw node.syntax("required", "an array of names");
            }
            required.add(name.textValue());
        }
        return required;
    }

    /** Members and closing brace, from the last property to the first; shared where the way there does not matter. */
    private final class Body {
        private final Members members;
        private final List<Rule> values;
        private final MapRules map;

        /** How many members so far matters up to here: for the comma, or for the bounds. */
        private final int counted;

        private final boolean bounded;

        private final Rule[][] known;

        Body(Members members, List<Rule> values, List<ObjectKeys.Entry> entries) {
            this.members = members;
            this.values = values;
            this.map = new MapRules(lexemes, entries, members.min);
            boolean bounded =
                    members.min > 0
                            || members.max < members.names.size()
                            || (members.max < Integer.MAX_VALUE && !entries.isEmpty());
            this.counted = bounded ? Math.max(1, members.names.size()) : 1;
            this.bounded = bounded;
            this.known = new Rule[members.names.size() + 1][counted + 1];
            fill();
        }

        Rule from(int property, int count) {
            return known[property][Math.min(count, counted)];
        }

        private void fill() {
            int last = members.names.size();
            for (int property = last; property >= 0; property--) {
                if (property == last) {
                    for (int count = 0; count <= counted; count++) {
                        known[property][count] = end(count);
                    }
                } else {
                    fill(property);
                }
            }
        }

        private void fill(int property) {
            String name = members.names.get(property);
            Rule value = values.get(property);
            Rule first = key(name, false);
            Rule later = key(name, true);
            for (int count = 0; count <= counted; count++) {
                Rule with =
                        new Rule.Sequence(
                                List.of(
                                        count > 0 ? later : first,
                                        value,
                                        from(property + 1, count + 1)));
                known[property][count] =
                        members.required.contains(name)
                                ? with
                                : new Rule.Choice(List.of(with, from(property + 1, count)));
            }
        }

        private Rule end(int count) {
            int min = bounded ? Math.max(0, members.min - count) : 0;
            int max = bounded ? members.max - count : Integer.MAX_VALUE;
            if (max < 0) {
                return new Rule.Choice(List.of());
            }
            return new Rule.Sequence(List.of(map.entries(count > 0, min, max), text("}")));
        }

        private Rule key(String name, boolean behindOthers) {
            String key = JsonText.quote(name) + ":";
            return behindOthers
                    ? text("," + key, ", " + key, "," + key + " ", ", " + key + " ")
                    : text(key, key + " ");
        }
    }

    private Rule text(String... texts) {
        return new Rule.Terminal(lexemes.oneOf(List.of(texts)));
    }
}

package dev.millrace.engine.grammar;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Keys of an object that its schema does not name, by the patterns that they match: all keys of a class have values of the same
 * schema.
 *
 * @param matched patterns that the keys match
 * @param others patterns of the schema that they do not match
 * @param values what their values must fulfil
 * @param written whether answers have such keys
 */
record KeyClass(Set<String> matched, Set<String> others, Set<SchemaNode> values, boolean written) {
    private static final int MAX_PATTERNS = 4;

    /** The classes of a conjunction, one for each subset of its patterns; {@code asked}: all are written. */
    static List<KeyClass> of(Conjunction conjunction, boolean asked) {
        Set<String> patterns = new TreeSet<>();
        for (SchemaNode node : conjunction.nodes()) {
            node.json().path("patternProperties").fieldNames().forEachRemaining(patterns::add);
            if (patterns.size() > MAX_PATTERNS) {
                throw node.problem(
                        GrammarError.LIMIT,
                        "patternProperties",
                        patterns.size() + " patterns",
                        "at most " + MAX_PATTERNS,
                        "Use fewer");
            }
        }
        List<String> all = List.copyOf(patterns);
        return IntStream.range(0, 1 << all.size())
                .mapToObj(subset -> of(conjunction, all, subset, asked))
                .toList();
    }

    private static KeyClass of(
            Conjunction conjunction, List<String> patterns, int subset, boolean asked) {
        Set<String> matched = new TreeSet<>();
        Set<String> others = new TreeSet<>();
        for (int i = 0; i < patterns.size(); i++) {
            ((subset >> i & 1) != 0 ? matched : others).add(patterns.get(i));
        }
        Set<SchemaNode> values = new LinkedHashSet<>();
        boolean written = asked || !matched.isEmpty();
        for (SchemaNode node : conjunction.nodes()) {
            values.addAll(values(node, matched, false));
            written |= node.json().path("additionalProperties").isObject();
        }
        return new KeyClass(matched, others, values, written);
    }

    /** What a node says about the value of a key that matches these patterns, beside what it says of its name. */
    static Set<SchemaNode> values(SchemaNode node, Set<String> matched, boolean named) {
        Set<SchemaNode> values = new LinkedHashSet<>();
        node.json()
                .path("patternProperties")
                .fieldNames()
                .forEachRemaining(
                        pattern -> {
                            if (matched.contains(pattern)) {
                                values.add(node.child("patternProperties", pattern));
                            }
                        });
        if (!named && values.isEmpty() && node.json().has("additionalProperties")) {
            values.add(node.child("additionalProperties"));
        }
        return values;
    }
}

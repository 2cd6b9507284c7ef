package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Rules of arrays. */
final class ArrayRules {
    /** Items of an array whose schema names no limit. */
    static final int DEFAULT_MAX_ITEMS = 256;

    private static final int MAX_PREFIX = 1_000;
    private static final int MAX_CONTAINED = 16;

    private final Lexemes lexemes;
    private final Function<Set<SchemaNode>, Rule> rules;

    private final Function<Set<SchemaNode>, List<Conjunction>> alternatives;
    private final Function<Conjunction, Rule> values;

    /**
     * Rules for one schema.
     *
     * @param rules makes the rule of values that fulfil all the given subschemas
     * @param alternatives multiplies out their choices
     * @param values makes the rule of one of these
     */
    ArrayRules(
            Lexemes lexemes,
            Function<Set<SchemaNode>, Rule> rules,
            Function<Set<SchemaNode>, List<Conjunction>> alternatives,
            Function<Conjunction, Rule> values) {
        this.lexemes = lexemes;
        this.rules = rules;
        this.alternatives = alternatives;
        this.values = values;
    }

    Rule of(Conjunction conjunction) {
        int min = 0;
        int max = Integer.MAX_VALUE;
        int prefix = 0;
        for (SchemaNode node : conjunction.nodes()) {
            Integer nodeMin = Constraints.count(node, "minItems");
            Integer nodeMax = Constraints.count(node, "maxItems");
            min = nodeMin == null ? min : Math.max(min, nodeMin);
            max = nodeMax == null ? max : Math.min(max, nodeMax);
            prefix = Math.max(prefix, prefix(node));
        }
        if (min > max) {
            return new Rule.Choice(List.of());
        }
        max = max == Integer.MAX_VALUE ? Math.max(min, DEFAULT_MAX_ITEMS) : max;
        Rule items = items(conjunction, Math.min(prefix, max), min, max);
        return new Rule.Sequence(List.of(text("["), items, text("]")));
    }

    private Rule items(Conjunction conjunction, int prefix, int min, int max) {
        SchemaNode contains = null;
        SchemaNode unique = null;
        for (SchemaNode node : conjunction.nodes()) {
            if (node.json().has("contains")) {
                requireAlone(contains == null && prefix == 0, node, "contains");
                contains = node;
            }
            if (node.json().path("uniqueItems").asBoolean() && max > 1) {
                requireAlone(prefix == 0, node, "uniqueItems");
                unique = node;
            }
        }
        if (contains != null) {
            requireAlone(unique == null, contains, "contains");
            return containing(conjunction, contains, min, max);
        }
        return unique != null
                ? unique(conjunction, unique, min, max)
                : inOrder(conjunction, prefix, min, max);
    }

    private static void requireAlone(boolean alone, SchemaNode node, String keyword) {
        if (!alone) {
            throw node.unsupported(
                    keyword,
                    "more than one of contains, uniqueItems and prefixItems",
                    "one of them for an array");
        }
    }

    private Rule unique(Conjunction conjunction, SchemaNode node, int min, int max) {
        List<String> texts = UniqueItems.list(alternatives.apply(nodes(conjunction, 0)), values);
        if (texts == null) {
            throw node.unsupported(
                    "uniqueItems",
                    "items that are not one of a list",
                    "uniqueItems where the items are up to 200 listed values");
        }
        return new UniqueItems(lexemes, texts, min, max).rule();
    }

    /** The items that are looked for come behind others, or first where their number is bounded. */
    private Rule containing(Conjunction conjunction, SchemaNode node, int min, int max) {
        Integer least = Constraints.count(node, "minContains");
        Integer most = Constraints.count(node, "maxContains");
        int needed = least == null ? 1 : least;
        if (needed == 0 && most == null) {
            return inOrder(conjunction, 0, min, max);
        }
        if (Math.max(needed, most == null ? 0 : Math.min(most, max)) > MAX_CONTAINED) {
            throw node.problem(
                    GrammarError.LIMIT,
                    "contains",
                    "more than " + MAX_CONTAINED + " items that are looked for",
                    "at most " + MAX_CONTAINED,
                    "Lower minContains or maxContains");
        }
        Set<SchemaNode> all = nodes(conjunction, 0);
        Set<SchemaNode> looked = new LinkedHashSet<>(all);
        looked.add(node.child("contains"));
        Rule found = rules.apply(looked);
        if (most == null) {
            return behindOthers(rules.apply(all), found, needed, min, max);
        }
        Set<SchemaNode> others = new LinkedHashSet<>(all);
        ObjectNode not = JsonNodeFactory.instance.objectNode();
        others.add(node.made("others", not.set("not", node.json().get("contains"))));
        Rule other = rules.apply(others);
        List<Rule> options = new ArrayList<>();
        for (int count = needed; count <= Math.min(most, max); count++) {
            List<Rule> first = Collections.nCopies(count, found);
            options.add(list(first, other, Math.max(0, min - count), max - count));
        }
        return new Rule.Choice(options);
    }

    private Rule behindOthers(Rule any, Rule found, int needed, int min, int max) {
        if (needed > max) {
            return new Rule.Choice(List.of());
        }
        int before = (max - needed) / 2;
        List<Rule> options = new ArrayList<>();
        List<Rule> rest = Collections.nCopies(needed, found);
        options.add(list(rest, any, Math.max(0, min - needed), max - needed));
        if (before > 0) {
            Rule next = new Rule.Sequence(List.of(any, comma()));
            Rule others = new Rule.Repeat(next, 1, before);
            int left = max - needed - before;
            if (any.shortest() < Rule.ENDLESS && min - needed - 1 <= left) {
                Rule tail = list(rest, any, Math.max(0, min - needed - 1), left);
                options.add(new Rule.Sequence(List.of(others, tail)));
            }
        }
        return new Rule.Choice(options);
    }

    /** Some items, and more of one kind behind them. */
    private Rule list(List<Rule> first, Rule more, int min, int max) {
        List<Rule> parts = new ArrayList<>();
        for (Rule item : first) {
            if (!parts.isEmpty()) {
                parts.add(comma());
            }
            parts.add(item);
        }
        if (max > 0) {
            parts.add(
                    parts.isEmpty()
                            ? several(more, min, max)
                            : new Rule.Repeat(new Rule.Sequence(List.of(comma(), more)), min, max));
        }
        return new Rule.Sequence(parts);
    }

    private Rule several(Rule item, int min, int max) {
        Rule next = new Rule.Sequence(List.of(comma(), item));
        Rule rest = new Rule.Repeat(next, Math.max(0, min - 1), max - 1);
        return optional(min == 0, new Rule.Sequence(List.of(item, rest)));
    }

    private static int prefix(SchemaNode node) {
        if (!node.json().has("prefixItems")) {
            return 0;
        }
        int size = node.json().get("prefixItems").size();
        if (!node.json().get("prefixItems").isArray() || size == 0 || size > MAX_PREFIX) {
            throw node.syntax("prefixItems", "an array of 1 to " + MAX_PREFIX + " schemas");
        }
        return size;
    }

    /** From the last place to the first: each item is followed by what may follow it. */
    private Rule inOrder(Conjunction conjunction, int prefix, int min, int max) {
        Rule rest = new Rule.Sequence(List.of());
        if (max > prefix) {
            Rule item = item(conjunction, prefix);
            int needed = Math.max(0, min - prefix);
            rest =
                    prefix > 0
                            ? new Rule.Repeat(
                                    new Rule.Sequence(List.of(comma(), item)), needed, max - prefix)
                            : several(item, needed, max);
        }
        for (int i = prefix - 1; i >= 0; i--) {
            List<Rule> parts = new ArrayList<>();
            if (i > 0) {
                parts.add(comma());
            }
            parts.add(item(conjunction, i));
            parts.add(rest);
            rest = optional(min <= i, new Rule.Sequence(parts));
        }
        return rest;
    }

    private static Rule optional(boolean optional, Rule rule) {
        return optional ? new Rule.Choice(List.of(new Rule.Sequence(List.of()), rule)) : rule;
    }

    /** The rule of the item at {@code index}, which each node constrains in its own way. */
    private Rule item(Conjunction conjunction, int index) {
        return rules.apply(nodes(conjunction, index));
    }

    private static Set<SchemaNode> nodes(Conjunction conjunction, int index) {
        Set<SchemaNode> nodes = new LinkedHashSet<>();
        for (SchemaNode node : conjunction.nodes()) {
            if (index < prefix(node)) {
                nodes.add(node.child("prefixItems", index));
            } else if (node.json().has("items")) {
                nodes.add(node.child("items"));
            }
        }
        return nodes;
    }

    private Rule comma() {
        return text(",", ", ");
    }

    private Rule text(String... texts) {
        return new Rule.Terminal(lexemes.oneOf(List.of(texts)));
    }
}

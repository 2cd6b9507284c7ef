package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Rules of arrays. */
final class ArrayRules {
    /** Items of an array whose schema names no limit. */
    static final int DEFAULT_MAX_ITEMS = 256;

    private static final int MAX_PREFIX = 1_000;

    private final Lexemes lexemes;
    private final Function<Set<SchemaNode>, Rule> rules;

    ArrayRules(Lexemes lexemes, Function<Set<SchemaNode>, Rule> rules) {
        this.lexemes = lexemes;
        this.rules = rules;
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
        return new Rule.Sequence(
                List.of(text("["), items(conjunction, Math.min(prefix, max), min, max), text("]")));
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
    private Rule items(Conjunction conjunction, int prefix, int min, int max) {
        Rule rest = new Rule.Sequence(List.of());
        if (max > prefix) {
            Rule item = item(conjunction, prefix);
            Rule next = new Rule.Sequence(List.of(comma(), item));
            int needed = Math.max(0, min - prefix);
            rest =
                    prefix > 0
                            ? new Rule.Repeat(next, needed, max - prefix)
                            : optional(
                                    needed == 0,
                                    new Rule.Sequence(
                                            List.of(
                                                    item,
                                                    new Rule.Repeat(
                                                            next,
                                                            Math.max(0, needed - 1),
                                                            max - 1))));
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
        Set<SchemaNode> nodes = new LinkedHashSet<>();
        for (SchemaNode node : conjunction.nodes()) {
            if (index < prefix(node)) {
                nodes.add(node.child("prefixItems", index));
            } else if (node.json().has("items")) {
                nodes.add(node.child("items"));
            }
        }
        return rules.apply(nodes);
    }

    private Rule comma() {
        return text(",", ", ");
    }

    private Rule text(String... texts) {
        return new Rule.Terminal(lexemes.oneOf(List.of(texts)));
    }
}

package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Subschemas that a value must all fulfil, without {@code $ref}, {@code allOf}, {@code anyOf} and {@code oneOf}: references
 * are followed, and choices are multiplied out. An applicator's siblings stay beside each of its options, as the
 * specification says.
 *
 * @param nodes their own keywords hold; in the order of the schema
 */
record Conjunction(Set<SchemaNode> nodes) {
    private static final int MAX_ALTERNATIVES = 1_000;
    private static final int MAX_NODES = 10_000;

    /** Follows references within one document. */
    interface Resolver {
        SchemaNode resolve(SchemaNode from, String reference);
    }

    /** A choice among subschemas. */
    private record Group(SchemaNode node, String keyword, List<SchemaNode> options) {}

    /** What is known so far, and what is still to be looked at. */
    private record Draft(Set<SchemaNode> nodes, Deque<SchemaNode> open, Deque<Group> groups) {
        Draft with(SchemaNode option) {
            Draft copy =
                    new Draft(
                            new LinkedHashSet<>(nodes),
                            new ArrayDeque<>(open),
                            new ArrayDeque<>(groups));
            copy.open.add(option);
            return copy;
        }
    }

    /**
     * Alternatives of which a value must fulfil one; none if it cannot be fulfilled.
     *
     * @param exclusive told of every {@code oneOf}, whose options must not overlap beside the given nodes
     */
    static List<Conjunction> alternatives(
            Set<SchemaNode> nodes, Resolver resolver, OneOfCheck exclusive) {
        List<Conjunction> done = new ArrayList<>();
        Deque<Draft> drafts = new ArrayDeque<>();
        drafts.add(new Draft(new LinkedHashSet<>(), new ArrayDeque<>(nodes), new ArrayDeque<>()));
        while (!drafts.isEmpty()) {
            Draft draft = drafts.removeFirst();
            if (!settle(draft, resolver)) {
                continue;
            }
            Group group = draft.groups.pollFirst();
            if (group == null) {
                done.add(new Conjunction(draft.nodes));
                limit(draft, done.size());
                continue;
            }
            if (group.keyword.equals("oneOf")) {
                exclusive.check(group.node, group.options, draft.nodes);
            }
            for (int i = group.options.size() - 1; i >= 0; i--) {
                drafts.addFirst(draft.with(group.options.get(i)));
            }
        }
        return done;
    }

    /** Makes sure that no value fulfils two options. */
    interface OneOfCheck {
        void check(SchemaNode node, List<SchemaNode> options, Set<SchemaNode> siblings);
    }

    /** Takes in all open nodes; false if one of them is {@code false}. */
    private static boolean settle(Draft draft, Resolver resolver) {
        while (!draft.open.isEmpty()) {
            SchemaNode node = draft.open.removeFirst();
            JsonNode json = node.json();
            if (json == null || (!json.isObject() && !json.isBoolean())) {
                throw node.problem(
                        GrammarError.SYNTAX,
                        "",
                        json == null ? "nothing" : json.getNodeType().toString(),
                        "an object or a boolean",
                        "Mend the schema");
            }
            if (json.isBoolean()) {
                if (!json.booleanValue()) {
                    return false;
                }
            } else if (draft.nodes.add(node)) {
                limit(draft, draft.nodes.size());
                SchemaKeywords.check(node);
                open(draft, node, resolver);
            }
        }
        return true;
    }

    private static void open(Draft draft, SchemaNode node, Resolver resolver) {
        if (node.json().has("$ref")) {
            if (!node.json().get("$ref").isTextual()) {
                throw node.syntax("$ref", "a text");
            }
            draft.open.add(resolver.resolve(node, node.json().get("$ref").textValue()));
        }
        options(node, "allOf").ifPresent(draft.open::addAll);
        for (String keyword : List.of("anyOf", "oneOf")) {
            options(node, keyword)
                    .ifPresent(options -> draft.groups.add(new Group(node, keyword, options)));
        }
    }

    private static Optional<List<SchemaNode>> options(SchemaNode node, String keyword) {
        JsonNode list = node.json().get(keyword);
        if (list == null) {
            return Optional.empty();
        }
        if (!list.isArray() || list.isEmpty()) {
            throw node.syntax(keyword, "an array of schemas, not empty");
        }
        List<SchemaNode> options = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            options.add(node.child(keyword, i));
        }
        return Optional.of(options);
    }

    private static void limit(Draft draft, int size) {
        if (size > MAX_ALTERNATIVES || draft.nodes.size() > MAX_NODES) {
            throw draft.nodes
                    .iterator()
                    .next()
                    .problem(
                            GrammarError.LIMIT,
                            "",
                            "more than " + MAX_ALTERNATIVES + " combinations of its choices",
                            "at most " + MAX_ALTERNATIVES,
                            "Nest fewer choices beside each other");
        }
    }
}

package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

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
    private record Group(SchemaNode node, String keyword, List<List<SchemaNode>> options) {
        List<SchemaNode> single() {
            return options.stream().map(option -> option.get(0)).toList();
        }
    }

    /** What is known so far, and what is still to be looked at. */
    private record Draft(Set<SchemaNode> nodes, Deque<SchemaNode> open, Deque<Group> groups) {
        Draft with(List<SchemaNode> option) {
            Draft copy =
                    new Draft(
                            new LinkedHashSet<>(nodes),
                            new ArrayDeque<>(open),
                            new ArrayDeque<>(groups));
            copy.open.addAll(option);
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
            boolean apart =
                    !group.keyword.equals("oneOf")
                            || exclusive.apart(group.node, group.single(), draft.nodes);
            for (int i = group.options.size() - 1; i >= 0; i--) {
                Draft chosen = draft.with(group.options.get(i));
                if (!apart) {
                    denyOthers(chosen, group, i, new Negation(reference(resolver)));
                }
                drafts.addFirst(chosen);
            }
        }
        return done;
    }

    /** Where options overlap, the one that holds comes with the opposite of the others. */
    private static void denyOthers(Draft draft, Group group, int chosen, Negation negation) {
        for (int k = 0; k < group.options.size(); k++) {
            if (k != chosen) {
                SchemaNode other = group.options.get(k).get(0);
                try {
                    draft.groups.add(new Group(other, "not", negation.of(other)));
                } catch (GrammarException e) {
                    throw group.node.problem(
                            GrammarError.AMBIGUOUS,
                            "oneOf",
                            "options that a value can fulfil together, and "
                                    + e.problem().message(),
                            "options that exclude each other, by type or by a required constant",
                            "Tell them apart, or use anyOf");
                }
            }
        }
    }

    private static UnaryOperator<SchemaNode> reference(Resolver resolver) {
        return node -> resolver.resolve(node, node.json().get("$ref").asText());
    }

    /** Whether no value fulfils two options. */
    interface OneOfCheck {
        boolean apart(SchemaNode node, List<SchemaNode> options, Set<SchemaNode> siblings);
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
                    .map(options -> options.stream().map(List::of).toList())
                    .ifPresent(options -> draft.groups.add(new Group(node, keyword, options)));
        }
        openConditions(draft, node, new Negation(reference(resolver)));
    }

    private static void openConditions(Draft draft, SchemaNode node, Negation negation) {
        JsonNode json = node.json();
        if (json.has("not") && !Negation.isAtom(node)) {
            draft.groups.add(new Group(node, "not", negation.of(node.child("not"))));
        }
        if (json.has("if") && (json.has("then") || json.has("else"))) {
            List<List<SchemaNode>> options = new ArrayList<>();
            options.addAll(with(node, "then", List.of(List.of(node.child("if")))));
            options.addAll(with(node, "else", negation.of(node.child("if"))));
            draft.groups.add(new Group(node, "if", options));
        }
        for (String keyword : List.of("dependentRequired", "dependentSchemas")) {
            json.path(keyword)
                    .fieldNames()
                    .forEachRemaining(name -> draft.groups.add(dependent(node, keyword, name)));
        }
    }

    private static List<List<SchemaNode>> with(
            SchemaNode node, String keyword, List<List<SchemaNode>> options) {
        return node.json().has(keyword)
                ? Negation.both(options, List.of(List.of(node.child(keyword))))
                : options;
    }

    /** The property is not there, or what depends on it holds. */
    private static Group dependent(SchemaNode node, String keyword, String name) {
        ObjectNode without = JsonNodeFactory.instance.objectNode();
        without.putObject("properties").put(name, false);
        ObjectNode with = JsonNodeFactory.instance.objectNode();
        ArrayNode required = with.putArray("required").add(name);
        SchemaNode then = node.child(keyword, name);
        List<SchemaNode> present = new ArrayList<>();
        if (keyword.equals("dependentRequired")) {
            then.json().forEach(other -> required.add(other.asText()));
        } else {
            present.add(then);
        }
        present.add(then.made("present", with));
        SchemaNode absent = then.made("absent", without);
        return new Group(node, keyword, List.of(List.of(absent), present));
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

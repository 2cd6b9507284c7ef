package dev.millrace.engine.grammar;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a rule of a JSON schema, draft 2020-12: every answer that it lets through is valid. It lets through one text for a
 * value: keys in the schema's order, numbers without exponent, no escapes that need not be; at most one space behind a
 * comma or colon. What a schema asks for and this does not enforce is refused, never ignored.
 *
 * <p>A value must fulfil several subschemas at once where they meet ({@code allOf}, {@code $ref} with siblings, a property
 * in two places), so a rule belongs to a set of subschemas; sets that contain themselves become references.
 *
 * <p>Thread-safety: none; one for each schema.
 */
final class SchemaCompiler {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();
    private static final int MAX_BYTES = 4 << 20;
    private static final int MAX_RULES = 100_000;
    private static final int MAX_DEPTH = 200;

    private final SchemaNode root;
    private final ValueRules values;
    private final Map<Set<SchemaNode>, Integer> shortest = new HashMap<>();
    private final Map<Set<SchemaNode>, Rule> rules = new HashMap<>();
    private final Map<Set<SchemaNode>, Rule.Reference> open = new HashMap<>();
    private final Set<Rule.Reference> used = new HashSet<>();
    private boolean changed;
    private int depth;

    private SchemaCompiler(SchemaNode root, Lexemes lexemes) {
        this.root = root;
        this.values = new ValueRules(lexemes, this::rule);
    }

    /**
     * The rule of a schema.
     *
     * @throws GrammarException if it cannot be read, enforced or fulfilled
     */
    static Rule compile(String schema, Lexemes lexemes) {
        SchemaCompiler compiler = new SchemaCompiler(new SchemaNode("#", parse(schema)), lexemes);
        Rule rule;
        do {
            // A reference needs the length of its rule's shortest text before the rule is there.
            compiler.changed = false;
            compiler.rules.clear();
            rule = compiler.rule(Set.of(compiler.root));
        } while (compiler.changed);
        if (rule.shortest() >= Rule.ENDLESS) {
            throw compiler.root.problem(
                    GrammarError.UNSATISFIABLE,
                    "",
                    "a schema that no finite value fulfils",
                    "a schema that some value fulfils",
                    "Look for bounds that exclude each other, and for recursion without an end");
        }
        return rule;
    }

    private static JsonNode parse(String schema) {
        if (schema.length() > MAX_BYTES) {
            throw new GrammarException(
                    GrammarError.LIMIT,
                    "schema",
                    schema.length() + " characters",
                    "at most " + MAX_BYTES,
                    "Use a smaller schema");
        }
        try {
            return JSON.readTree(schema);
        } catch (JsonProcessingException e) {
            throw new GrammarException(
                    GrammarError.SYNTAX,
                    "schema",
                    "no JSON: " + e.getOriginalMessage(),
                    "a JSON schema",
                    "Mend the schema");
        }
    }

    /** The rule of values that fulfil all of {@code nodes}. */
    private Rule rule(Set<SchemaNode> nodes) {
        Rule known = rules.get(nodes);
        if (known != null) {
            return known;
        }
        Rule.Reference reference = open.get(nodes);
        if (reference != null) {
            used.add(reference);
            return reference;
        }
        reference = new Rule.Reference(shortest.getOrDefault(nodes, Rule.ENDLESS));
        open.put(nodes, reference);
        depth++;
        limit(nodes);
        List<Rule> options = new ArrayList<>();
        for (Conjunction one :
                Conjunction.alternatives(nodes, this::resolve, this::requireDisjoint)) {
            options.add(values.of(one));
        }
        Rule rule = options.size() == 1 ? options.get(0) : new Rule.Choice(options);
        depth--;
        open.remove(nodes);
        reference.bind(rule);
        rules.put(Set.copyOf(nodes), rule);
        shortest.put(Set.copyOf(nodes), rule.shortest());
        changed |= used.remove(reference) && reference.shortest() != rule.shortest();
        return rule;
    }

    private void limit(Set<SchemaNode> nodes) {
        if (rules.size() + open.size() > MAX_RULES || depth > MAX_DEPTH) {
            throw nodes.iterator()
                    .next()
                    .problem(
                            GrammarError.LIMIT,
                            "",
                            depth > MAX_DEPTH ? "nesting" : "a schema of too many parts",
                            "at most " + MAX_DEPTH + " levels and " + MAX_RULES + " parts",
                            "Use a smaller schema");
        }
    }

    private SchemaNode resolve(SchemaNode from, String reference) {
        String path = fragment(reference);
        JsonNode target =
                path == null || (!path.isEmpty() && path.charAt(0) != '/')
                        ? null
                        : root.json().at(path);
        if (target == null || target.isMissingNode()) {
            throw from.problem(
                    GrammarError.REFERENCE,
                    "$ref",
                    "'" + reference + "'",
                    "a JSON pointer into this schema, #/$defs/name for instance",
                    "Put the definition into the schema");
        }
        return new SchemaNode("#" + path, target);
    }

    /** The pointer that a reference into this document is, without its percent signs; null for others. */
    private static String fragment(String reference) {
        try {
            URI uri = new URI(reference);
            boolean within = reference.startsWith("#");
            return within ? uri.getFragment() : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** No text that one option lets through may fulfil another too. */
    private void requireDisjoint(
            SchemaNode node, List<SchemaNode> options, Set<SchemaNode> siblings) {
        for (int i = 0; i < options.size(); i++) {
            for (int k = i + 1; k < options.size(); k++) {
                Set<SchemaNode> both = new LinkedHashSet<>(siblings);
                both.remove(node);
                both.add(node.without("oneOf"));
                both.add(options.get(i));
                both.add(options.get(k));
                if (rule(both).shortest() < Rule.ENDLESS) {
                    throw node.problem(
                            GrammarError.AMBIGUOUS,
                            "oneOf",
                            "options " + i + " and " + k + ", which a value can fulfil both",
                            "options that exclude each other, by type or by a required constant",
                            "Tell them apart, or use anyOf");
                }
            }
        }
    }
}

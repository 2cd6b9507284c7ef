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
import java.util.regex.Pattern;

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
    private static final Pattern BROKEN_ESCAPE = Pattern.compile("~(?![01])");
    private static final int MAX_BYTES = 4 << 20;
    private static final int MAX_RULES = 100_000;
    private static final int MAX_DEPTH = 200;
    private static final int MAX_COMPARISONS = 2_000;

    private final SchemaNode root;
    private final ValueRules values;
    private final Map<Set<SchemaNode>, Integer> shortest = new HashMap<>();
    private final Map<Set<SchemaNode>, Rule> rules = new HashMap<>();
    private final Map<Set<SchemaNode>, Rule.Reference> open = new HashMap<>();
    private final Set<Rule.Reference> used = new HashSet<>();
    private boolean changed;
    private int depth;
    private int comparing;
    private int comparisons;

    private SchemaCompiler(SchemaNode root, Lexemes lexemes) {
        this.root = root;
        this.values = new ValueRules(lexemes, this::rule, this::alternatives);
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
        for (Conjunction one : alternatives(nodes)) {
            limitComparisons(nodes);
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

    private List<Conjunction> alternatives(Set<SchemaNode> nodes) {
        return Conjunction.alternatives(nodes, this::resolve, this::apart);
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
        requireOneBase(from);
        return new SchemaNode("#" + path, target);
    }

    /** Inside of a schema with an id of its own references would lead elsewhere. */
    private void requireOneBase(SchemaNode from) {
        JsonNode at = root.json();
        String[] steps = from.pointer().replaceFirst("~[^01].*", "").split("/", -1);
        for (int i = 1; i < steps.length; i++) {
            String name = steps[i].replace("~1", "/").replace("~0", "~");
            at = at.isArray() ? at.path(Integer.parseInt(name)) : at.path(name);
            if (at.path("$id").isTextual()) {
                throw from.problem(
                        GrammarError.REFERENCE,
                        "$ref",
                        "a reference inside of a schema with an $id of its own",
                        "one $id at most, at the top",
                        "Remove the inner $id");
            }
        }
    }

    /** The pointer that a reference into this document is, without its percent signs; null for others. */
    private static String fragment(String reference) {
        try {
            URI uri = new URI(reference);
            String pointer = reference.startsWith("#") ? uri.getFragment() : null;
            return pointer == null || BROKEN_ESCAPE.matcher(pointer).find() ? null : pointer;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** Whether no text that one option lets through fulfils another too. */
    private boolean apart(SchemaNode node, List<SchemaNode> options, Set<SchemaNode> siblings) {
        comparing++;
        boolean apart = true;
        for (int i = 0; apart && i < options.size(); i++) {
            for (int k = i + 1; apart && k < options.size(); k++) {
                Set<SchemaNode> both = new LinkedHashSet<>(siblings);
                both.remove(node);
                both.add(node.without("oneOf"));
                both.add(options.get(i));
                both.add(options.get(k));
                apart = rule(both).shortest() >= Rule.ENDLESS;
            }
        }
        comparing--;
        return apart;
    }

    /** Choices inside of choices are compared again and again. */
    private void limitComparisons(Set<SchemaNode> nodes) {
        comparisons += comparing > 0 ? 1 : 0;
        if (comparisons > MAX_COMPARISONS) {
            throw nodes.iterator()
                    .next()
                    .problem(
                            GrammarError.LIMIT,
                            "oneOf",
                            "options with too many options inside of them",
                            "at most " + MAX_COMPARISONS + " comparisons",
                            "Use anyOf, or fewer oneOf inside of each other");
        }
    }
}

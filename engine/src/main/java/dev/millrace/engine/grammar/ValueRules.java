package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** Rules of the values that fulfil a {@link Conjunction}, type by type. */
final class ValueRules {
    /** Code points of a string whose schema names no limit. */
    static final int DEFAULT_MAX_LENGTH = 4_096;

    /** Digits before the point of a number whose schema names no bound. */
    static final int DEFAULT_MAX_DIGITS = 15;

    private static final int MAX_MODULUS = 10_000;

    private final Lexemes lexemes;
    private final ArrayRules arrays;
    private final ObjectRules objects;

    /** {@code rules} makes the rule of values that fulfil all the given subschemas. */
    ValueRules(Lexemes lexemes, Function<Set<SchemaNode>, Rule> rules) {
        this.lexemes = lexemes;
        this.arrays = new ArrayRules(lexemes, rules);
        this.objects = new ObjectRules(lexemes, rules);
    }

    /** The rule; one whose shortest text is endless if no value fulfils it. */
    Rule of(Conjunction conjunction) {
        Constraints constraints = Constraints.of(conjunction);
        return constraints.values().isPresent()
                ? listed(conjunction, constraints)
                : open(conjunction, constraints, constraints.types());
    }

    /** Listed values that fulfil the rest of the schema, which the rule of the rest decides. */
    private Rule listed(Conjunction conjunction, Constraints constraints) {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : constraints.values().orElseThrow()) {
            JsonType type = JsonType.of(value);
            if (!constraints.types().contains(type)) {
                continue;
            }
            String text = JsonText.of(value);
            boolean free = conjunction.nodes().stream().allMatch(node -> free(node, type));
            if (free || matches(open(conjunction, constraints, Set.of(type)), text)) {
                texts.add(text);
            }
        }
        return texts.isEmpty()
                ? new Rule.Choice(List.of())
                : new Rule.Terminal(lexemes.oneOf(texts));
    }

    private static boolean free(SchemaNode node, JsonType type) {
        return switch (type) {
            case NULL, BOOLEAN -> true;
            case NUMBER ->
                    node.hasNone(
                                    "minimum",
                                    "maximum",
                                    "exclusiveMinimum",
                                    "exclusiveMaximum",
                                    "multipleOf")
                            && !node.json().path("type").toString().contains("integer");
            case STRING -> node.hasNone("minLength", "maxLength", "pattern", "format");
            case ARRAY -> node.hasNone("prefixItems", "items", "minItems", "maxItems");
            case OBJECT ->
                    node.hasNone(
                            "properties",
                            "required",
                            "additionalProperties",
                            "minProperties",
                            "maxProperties");
        };
    }

    private static boolean matches(Rule rule, String text) {
        Configurations run = new Configurations(rule);
        Configuration at = run.start();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            at = run.step(at, value & 0xff);
        }
        return at.accepting();
    }

    private Rule open(Conjunction conjunction, Constraints constraints, Set<JsonType> types) {
        List<Rule> options = new ArrayList<>();
        for (JsonType type : types) {
            options.add(
                    switch (type) {
                        case NULL -> text("null");
                        case BOOLEAN -> text("true", "false");
                        case NUMBER -> number(conjunction, constraints);
                        case STRING -> string(conjunction, constraints);
                        case ARRAY -> arrays.of(conjunction);
                        case OBJECT -> objects.of(conjunction, types.size() == 1);
                    });
        }
        return options.size() == 1 ? options.get(0) : new Rule.Choice(options);
    }

    private Rule text(String... texts) {
        return new Rule.Terminal(lexemes.oneOf(List.of(texts)));
    }

    private Rule number(Conjunction conjunction, Constraints constraints) {
        for (BigDecimal divisor : constraints.multiples()) {
            BigDecimal plain = divisor.stripTrailingZeros();
            BigDecimal modulus = plain.movePointRight(Math.max(0, plain.scale()));
            if (modulus.compareTo(BigDecimal.valueOf(MAX_MODULUS)) > 0 || plain.scale() > 4) {
                throw first(conjunction, "multipleOf")
                        .problem(
                                GrammarError.LIMIT,
                                "multipleOf",
                                plain.toPlainString(),
                                "at most " + MAX_MODULUS + " steps of a digit, and 4 decimals",
                                "Use a smaller divisor");
            }
        }
        return new Rule.Terminal(
                lexemes.of(
                        where(conjunction),
                        () -> {
                            Automaton numbers =
                                    NumberText.range(
                                            orDefault(constraints.low(), true),
                                            orDefault(constraints.high(), false),
                                            constraints.integer());
                            for (BigDecimal divisor : constraints.multiples()) {
                                numbers =
                                        Operations.intersection(
                                                numbers, NumberText.multiples(divisor));
                            }
                            return numbers;
                        }));
    }

    /** Numbers without a bound stay where a 64-bit float still tells integers apart, as most readers of JSON use. */
    private static NumberText.Bound orDefault(NumberText.Bound bound, boolean low) {
        BigDecimal most = BigDecimal.TEN.pow(DEFAULT_MAX_DIGITS).subtract(BigDecimal.ONE);
        return bound != null ? bound : new NumberText.Bound(low ? most.negate() : most, true);
    }

    private Rule string(Conjunction conjunction, Constraints constraints) {
        int min = constraints.minLength();
        int max = constraints.maxLength();
        if (max >= 0 && min > max) {
            return new Rule.Choice(List.of());
        }
        if (constraints.patterns().isEmpty() && constraints.formats().isEmpty()) {
            return new Rule.Terminal(
                    Lexemes.string(min, max < 0 ? Math.max(min, DEFAULT_MAX_LENGTH) : max));
        }
        return new Rule.Terminal(
                lexemes.of(where(conjunction), () -> JsonText.quoted(content(constraints))));
    }

    private static Automaton content(Constraints constraints) {
        Automaton content = length(constraints.minLength(), constraints.maxLength());
        for (SchemaNode node : constraints.patterns()) {
            String pattern = node.json().get("pattern").textValue();
            String where = "schema at " + node.pointer() + "/pattern";
            content = both(content, RegexParser.somewhere(where, pattern));
        }
        for (SchemaNode node : constraints.formats()) {
            String where = "schema at " + node.pointer() + "/format";
            content = both(content, RegexParser.whole(where, StringFormats.pattern(node)));
        }
        return content;
    }

    private static Automaton length(int min, int max) {
        return Operations.determinize(
                max < 0
                        ? Operations.repeat(CharacterSets.any(), min)
                        : Operations.repeat(CharacterSets.any(), min, max),
                Lexemes.WORK);
    }

    private static Automaton both(Automaton left, Automaton right) {
        return Operations.determinize(
                Operations.removeDeadStates(
                        Operations.intersection(left, Operations.determinize(right, Lexemes.WORK))),
                Lexemes.WORK);
    }

    private static String where(Conjunction conjunction) {
        return "schema at "
                + conjunction.nodes().stream().findFirst().map(SchemaNode::pointer).orElse("#");
    }

    private static SchemaNode first(Conjunction conjunction, String keyword) {
        Optional<SchemaNode> first =
                conjunction.nodes().stream().filter(node -> node.json().has(keyword)).findFirst();
        return first.orElseThrow();
    }
}

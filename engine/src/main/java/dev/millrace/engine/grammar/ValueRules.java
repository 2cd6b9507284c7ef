package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** Rules of the values that fulfil a {@link Conjunction}, type by type. */
final class ValueRules {
    /** Code points of a string whose schema names no limit. */
    static final int DEFAULT_MAX_LENGTH = 4_096;

    /** Digits before the point of a number whose schema names no bound. */
    static final int DEFAULT_MAX_DIGITS = 15;

    private static final int MAX_MODULUS = 10_000;

    /** Steps of a divisor's last digit, for each place behind the point. */
    private static final int MAX_REMAINDERS = 50_000;

    private final Lexemes lexemes;
    private final ArrayRules arrays;
    private final ObjectRules objects;

    /**
     * Rules for one schema.
     *
     * @param rules makes the rule of values that fulfil all the given subschemas
     * @param alternatives multiplies out their choices
     */
    ValueRules(
            Lexemes lexemes,
            Function<Set<SchemaNode>, Rule> rules,
            Function<Set<SchemaNode>, List<Conjunction>> alternatives) {
        this.lexemes = lexemes;
        this.arrays = new ArrayRules(lexemes, rules, alternatives, this::of);
        this.objects = new ObjectRules(lexemes, rules, alternatives);
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
        Map<JsonType, Rule> rests = new EnumMap<>(JsonType.class);
        for (JsonNode value : constraints.values().orElseThrow()) {
            JsonType type = JsonType.of(value);
            if (!constraints.types().contains(type) || constraints.excludes(value)) {
                continue;
            }
            String text = JsonText.of(value);
            boolean fits =
                    type == JsonType.NUMBER
                            ? constraints.allows(value.decimalValue())
                            : conjunction.nodes().stream().allMatch(node -> free(node, type))
                                    || matches(
                                            rests.computeIfAbsent(
                                                    type,
                                                    one ->
                                                            open(
                                                                    conjunction,
                                                                    constraints,
                                                                    Set.of(one))),
                                            text);
            if (fits) {
                texts.add(text);
            }
        }
        return texts.isEmpty()
                ? new Rule.Choice(List.of())
                : new Rule.Terminal(lexemes.oneOf(texts));
    }

    private static boolean free(SchemaNode node, JsonType type) {
        return switch (type) {
            case NULL, BOOLEAN, NUMBER -> true;
            case STRING -> node.hasNone("minLength", "maxLength", "pattern", "format", "not");
            case ARRAY ->
                    node.hasNone(
                            "prefixItems",
                            "items",
                            "minItems",
                            "maxItems",
                            "uniqueItems",
                            "contains");
            case OBJECT ->
                    node.hasNone(
                            "properties",
                            "required",
                            "additionalProperties",
                            "patternProperties",
                            "propertyNames",
                            "minProperties",
                            "maxProperties");
        };
    }

    static boolean matches(Rule rule, String text) {
        Configurations run = new Configurations(rule, 1);
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
                        case NULL -> literals(constraints, NullNode.instance);
                        case BOOLEAN -> literals(constraints, BooleanNode.TRUE, BooleanNode.FALSE);
                        case NUMBER -> number(conjunction, constraints);
                        case STRING -> string(conjunction, constraints);
                        case ARRAY -> arrays.of(included(conjunction, constraints, type));
                        case OBJECT ->
                                objects.of(
                                        included(conjunction, constraints, type),
                                        types.size() < JsonType.values().length);
                    });
        }
        return options.size() == 1 ? options.get(0) : new Rule.Choice(options);
    }

    private Rule literals(Constraints constraints, JsonNode... values) {
        List<String> texts =
                Stream.of(values)
                        .filter(value -> !constraints.excludes(value))
                        .map(JsonText::of)
                        .toList();
        return texts.isEmpty()
                ? new Rule.Choice(List.of())
                : new Rule.Terminal(lexemes.oneOf(texts));
    }

    private static Conjunction included(
            Conjunction conjunction, Constraints constraints, JsonType type) {
        if (!constraints.excluded(type).isEmpty()) {
            throw first(conjunction, "not")
                    .unsupported(
                            "",
                            "an " + type.word() + " that must not be",
                            "texts, numbers, booleans and null that must not be");
        }
        return conjunction;
    }

    private Rule number(Conjunction conjunction, Constraints constraints) {
        for (BigDecimal divisor : constraints.multiples()) {
            BigDecimal plain = divisor.stripTrailingZeros();
            BigDecimal modulus = plain.movePointRight(Math.max(0, plain.scale()));
            BigDecimal states =
                    modulus.multiply(BigDecimal.valueOf(Math.max(0, plain.scale()) + 1));
            if (modulus.compareTo(BigDecimal.valueOf(MAX_MODULUS)) > 0
                    || states.compareTo(BigDecimal.valueOf(MAX_REMAINDERS)) > 0
                    || plain.scale() > NumberText.MAX_FRACTION_DIGITS) {
                throw first(conjunction, "multipleOf")
                        .problem(
                                GrammarError.LIMIT,
                                "multipleOf",
                                plain.toPlainString(),
                                "at most "
                                        + MAX_MODULUS
                                        + " steps of a digit at 4 decimals, fewer at up to 16",
                                "Use a smaller divisor");
            }
        }
        return new Rule.Terminal(
                lexemes.of(
                        where(conjunction),
                        List.of("number", constraints.numbers()),
                        () -> {
                            Automaton numbers =
                                    NumberText.range(
                                            orDefault(constraints.low(), true),
                                            orDefault(constraints.high(), false),
                                            constraints.integer());
                            for (BigDecimal divisor : constraints.multiples()) {
                                numbers =
                                        Operations.intersection(
                                                NumberText.decided(numbers),
                                                NumberText.multiples(divisor));
                            }
                            return without(numbers, constraints);
                        }));
    }

    private static Automaton without(Automaton numbers, Constraints constraints) {
        Automaton rest = numbers;
        if (constraints.fractional()) {
            rest = StringTexts.both(rest, NumberText.fractional());
        }
        for (JsonNode value : constraints.excluded(JsonType.NUMBER)) {
            NumberText.Bound only = new NumberText.Bound(value.decimalValue(), true);
            rest = StringTexts.minus(rest, NumberText.range(only, only, false));
        }
        return rest;
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
        if (StringTexts.isPlain(constraints)) {
            return new Rule.Terminal(
                    Lexemes.string(min, max < 0 ? Math.max(min, DEFAULT_MAX_LENGTH) : max));
        }
        return new Rule.Terminal(
                lexemes.of(
                        where(conjunction),
                        List.of("string", constraints.strings()),
                        () -> JsonText.quoted(StringTexts.of(constraints))));
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

package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What a value is that does not fulfil a schema: it breaks one of its keywords, which is said by other keywords. Each option is
 * a list of subschemas that hold together. What stays of {@code not} is about single values, patterns and integers.
 *
 * @param references follows {@code $ref}
 */
record Negation(UnaryOperator<SchemaNode> references) {
    private static final String MARK = "not";
    private static final int MAX_DEPTH = 50;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** Keywords of numbers, and what holds where they do not. */
    private static final Map<String, String> BOUNDS =
            Map.of(
                    "minimum", "exclusiveMaximum",
                    "maximum", "exclusiveMinimum",
                    "exclusiveMinimum", "maximum",
                    "exclusiveMaximum", "minimum");

    /** Whether {@code node} was made here, and its {@code not} stays. */
    static boolean isAtom(SchemaNode node) {
        return node.isMade(MARK);
    }

    /**
     * The options of a value that does not fulfil {@code node}; none if every value does.
     *
     * @throws GrammarException if a keyword has no simple opposite
     */
    List<List<SchemaNode>> of(SchemaNode node) {
        return of(node, 0);
    }

    private List<List<SchemaNode>> of(SchemaNode node, int depth) {
        if (node.json().isBoolean()) {
            return node.json().booleanValue() ? List.of() : List.of(List.of());
        }
        if (depth > MAX_DEPTH) {
            throw node.unsupported("", "the opposite of a schema that contains itself", "not");
        }
        List<List<SchemaNode>> options = new ArrayList<>();
        node.json()
                .fieldNames()
                .forEachRemaining(keyword -> options.addAll(broken(node, keyword, depth + 1)));
        return options;
    }

    private List<List<SchemaNode>> broken(SchemaNode node, String keyword, int depth) {
        if (SchemaKeywords.ANNOTATIONS.contains(keyword)) {
            return List.of();
        }
        JsonNode value = node.json().get(keyword);
        return switch (keyword) {
            case "then", "else", "minContains" -> List.of();
            case "if" -> brokenCondition(node, depth);
            case "not" -> List.of(List.of(node.child("not")));
            case "$ref" -> of(references.apply(node), depth);
            case "allOf" -> {
                List<List<SchemaNode>> options = new ArrayList<>();
                for (int i = 0; i < value.size(); i++) {
                    options.addAll(of(node.child(keyword, i), depth));
                }
                yield options;
            }
            case "anyOf" -> {
                List<List<SchemaNode>> options = List.of(List.of());
                for (int i = 0; i < value.size(); i++) {
                    options = both(options, of(node.child(keyword, i), depth));
                }
                yield options;
            }
            case "properties", "required" -> brokenMembers(node, keyword);
            default -> brokenAssertion(node, keyword, value);
        };
    }

    private List<List<SchemaNode>> brokenCondition(SchemaNode node, int depth) {
        List<List<SchemaNode>> options = new ArrayList<>();
        if (node.json().has("then")) {
            options.addAll(both(List.of(List.of(node.child("if"))), of(node.child("then"), depth)));
        }
        if (node.json().has("else")) {
            options.addAll(both(of(node.child("if"), depth), of(node.child("else"), depth)));
        }
        return options;
    }

    private static List<List<SchemaNode>> brokenMembers(SchemaNode node, String keyword) {
        List<List<SchemaNode>> options = new ArrayList<>();
        if (keyword.equals("required")) {
            for (JsonNode name : node.json().get(keyword)) {
                ObjectNode schema = typed("object");
                schema.putObject("properties").put(name.asText(), false);
                options.add(atom(node.part(keyword, name.asText()), schema));
            }
            return options;
        }
        node.json()
                .get(keyword)
                .properties()
                .forEach(
                        entry -> {
                            ObjectNode schema = typed("object");
                            schema.putArray("required").add(entry.getKey());
                            schema.putObject("properties")
                                    .putObject(entry.getKey())
                                    .set("not", entry.getValue());
                            options.add(atom(node.part(keyword, entry.getKey()), schema));
                        });
        return options;
    }

    private static List<List<SchemaNode>> brokenAssertion(
            SchemaNode node, String keyword, JsonNode value) {
        ObjectNode schema =
                switch (keyword) {
                    case "type" -> otherTypes(value);
                    case "enum" -> not("enum", value);
                    case "const" -> not("enum", JSON.arrayNode().add(value));
                    case "pattern" -> typed("string").set("not", not("pattern", value).get("not"));
                    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" ->
                            typed("number").set(BOUNDS.get(keyword), value);
                    case "minLength", "maxLength" -> count(node, keyword, "string", "Length");
                    case "minItems", "maxItems" -> count(node, keyword, "array", "Items");
                    case "minProperties", "maxProperties" ->
                            count(node, keyword, "object", "Properties");
                    case "items" ->
                            node.json().has("prefixItems")
                                    ? null
                                    : typed("array").set("contains", not(value));
                    case "contains" ->
                            node.hasNone("minContains", "maxContains")
                                    ? typed("array").set("items", not(value))
                                    : null;
                    default -> null;
                };
        if (schema == null) {
            throw node.unsupported(
                    keyword,
                    "a keyword whose opposite is not enforced",
                    "in what must not hold: types, listed values, bounds, pattern, required, properties, items");
        }
        return List.of(atom(node.part(keyword), schema));
    }

    /** Numbers without a fraction are integers, however they are written. */
    private static ObjectNode otherTypes(JsonNode value) {
        List<String> given = new ArrayList<>();
        if (value.isArray()) {
            value.forEach(word -> given.add(word.asText()));
        } else {
            given.add(value.asText());
        }
        ObjectNode schema = JSON.objectNode();
        ArrayNode types = schema.putArray("type");
        for (JsonType type : JsonType.values()) {
            if (!given.contains(type.word())) {
                types.add(type.word());
            }
        }
        if (given.contains("integer") && !given.contains("number")) {
            schema.putObject("not").put("type", "integer");
        }
        return schema;
    }

    private static ObjectNode count(SchemaNode node, String keyword, String type, String what) {
        int count = Constraints.count(node, keyword);
        ObjectNode schema = typed(type);
        return keyword.startsWith("min")
                ? schema.put("max" + what, BigDecimal.valueOf(count - 1L).max(BigDecimal.ZERO))
                        .put("min" + what, count == 0 ? 1 : 0)
                : schema.put("min" + what, count + 1);
    }

    private static ObjectNode typed(String type) {
        return JSON.objectNode().put("type", type);
    }

    private static ObjectNode not(JsonNode schema) {
        return JSON.objectNode().set("not", schema);
    }

    private static ObjectNode not(String keyword, JsonNode value) {
        return not(JSON.objectNode().set(keyword, value));
    }

    private static List<SchemaNode> atom(SchemaNode broken, ObjectNode schema) {
        return List.of(broken.made(MARK, schema));
    }

    /** Every option of one with every option of the other. */
    static List<List<SchemaNode>> both(List<List<SchemaNode>> left, List<List<SchemaNode>> right) {
        List<List<SchemaNode>> options = new ArrayList<>();
        for (List<SchemaNode> one : left) {
            for (List<SchemaNode> other : right) {
                List<SchemaNode> together = new ArrayList<>(one);
                together.addAll(other);
                options.add(together);
            }
        }
        return options;
    }
}

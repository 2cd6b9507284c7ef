package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.SplittableRandom;

/** Random schemas of what is enforced, some of which no value fulfils. */
final class SchemaGenerator {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> PATTERNS =
            List.of("^[a-d]{1,5}$", "b", "^x|y$", "[0-9]{2}", "^(ab|c)*$", "\"", "^\\w+ \\w+$");
    private static final List<String> FORMATS = List.of("date", "uuid", "ipv4", "email", "time");
    private static final List<String> NAMES = List.of("a", "b", "id", "na me", "é", "x\"y");

    private final SplittableRandom random;

    private SchemaGenerator(long seed) {
        random = new SplittableRandom(seed);
    }

    /** The schema of a seed. */
    static String schema(long seed) {
        SchemaGenerator generator = new SchemaGenerator(seed);
        ObjectNode root = generator.any(3);
        ObjectNode definitions = root.putObject("$defs");
        definitions.set("leaf", generator.any(0));
        definitions.set("branch", generator.any(1));
        return root.toString();
    }

    private ObjectNode any(int depth) {
        int kinds = depth == 0 ? 5 : 11;
        return switch (random.nextInt(kinds)) {
            case 0, 1 -> number();
            case 2, 3 -> string();
            case 4 -> listed();
            case 5, 6 -> array(depth - 1);
            case 7, 8 -> object(depth - 1);
            case 9 -> choice(depth - 1);
            default -> reference(depth);
        };
    }

    private ObjectNode number() {
        ObjectNode schema = JSON.objectNode();
        schema.put("type", chance(2) ? "integer" : "number");
        int scale = random.nextInt(3);
        if (chance(2)) {
            String word = chance(2) ? "minimum" : "exclusiveMinimum";
            schema.put(word, BigDecimal.valueOf(random.nextInt(-500, 100), scale));
        }
        if (chance(2)) {
            String word = chance(2) ? "maximum" : "exclusiveMaximum";
            schema.put(word, BigDecimal.valueOf(random.nextInt(0, 5_000), scale));
        }
        if (chance(4)) {
            schema.put("multipleOf", BigDecimal.valueOf(1 + random.nextInt(40), scale));
        }
        return schema;
    }

    private ObjectNode string() {
        ObjectNode schema = JSON.objectNode();
        if (chance(6)) {
            schema.putArray("type").add("string").add("null");
        } else {
            schema.put("type", "string");
        }
        if (chance(4)) {
            return schema.put("format", FORMATS.get(random.nextInt(FORMATS.size())));
        }
        if (chance(2)) {
            schema.put("minLength", random.nextInt(4));
        }
        if (chance(3)) {
            schema.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
        }
        return schema.put("maxLength", 3 + random.nextInt(9));
    }

    private ObjectNode listed() {
        ObjectNode schema = JSON.objectNode();
        ArrayNode values = schema.putArray("enum");
        for (int i = random.nextInt(4); i >= 0; i--) {
            values.add(value());
        }
        return schema;
    }

    private JsonNode value() {
        return switch (random.nextInt(6)) {
            case 0 -> JSON.numberNode(random.nextInt(-9, 200));
            case 1 -> JSON.numberNode(BigDecimal.valueOf(random.nextInt(2_000), 2));
            case 2 -> JSON.nullNode();
            case 3 -> JSON.booleanNode(chance(2));
            case 4 -> JSON.arrayNode().add(1).add("x");
            default -> JSON.textNode(NAMES.get(random.nextInt(NAMES.size())));
        };
    }

    private ObjectNode array(int depth) {
        ObjectNode schema = JSON.objectNode().put("type", "array");
        if (chance(3)) {
            ArrayNode prefix = schema.putArray("prefixItems");
            for (int i = random.nextInt(2); i >= 0; i--) {
                prefix.add(any(depth));
            }
        }
        schema.set("items", any(depth));
        schema.put("minItems", random.nextInt(3));
        if (chance(6) && !schema.has("prefixItems")) {
            schema.set("contains", any(0));
        }
        return schema.put("maxItems", 1 + random.nextInt(4));
    }

    private ObjectNode object(int depth) {
        ObjectNode schema = JSON.objectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = JSON.arrayNode();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String name = NAMES.get(random.nextInt(NAMES.size()));
            properties.set(name, any(depth));
            if (chance(2)) {
                required.add(name);
            }
        }
        schema.set("required", required);
        if (chance(3)) {
            schema.put("additionalProperties", false);
        } else if (chance(3)) {
            schema.set("additionalProperties", any(0));
        }
        if (chance(6)) {
            schema.putObject("patternProperties").set("^[a-c]{1,2}$", any(0));
        }
        if (chance(8)) {
            schema.putObject("propertyNames").put("maxLength", 1 + random.nextInt(3));
        }
        if (chance(8)) {
            schema.putObject("dependentRequired").putArray("a").add("b");
        }
        if (chance(5)) {
            schema.put("minProperties", random.nextInt(3));
        }
        if (chance(5)) {
            schema.put("maxProperties", 1 + random.nextInt(4));
        }
        return schema;
    }

    private ObjectNode choice(int depth) {
        ObjectNode schema = JSON.objectNode();
        String word = List.of("anyOf", "oneOf", "allOf").get(random.nextInt(3));
        ArrayNode options = schema.putArray(word);
        options.add(any(depth));
        options.add(any(depth));
        if (chance(3)) {
            schema.set(
                    "not",
                    chance(2) ? JSON.objectNode().put("minimum", random.nextInt(9)) : listed());
        }
        return schema;
    }

    private ObjectNode reference(int depth) {
        boolean branch = depth > 1 && chance(2);
        return JSON.objectNode().put("$ref", branch ? "#/$defs/branch" : "#/$defs/leaf");
    }

    /** True once in {@code times}. */
    private boolean chance(int times) {
        return random.nextInt(times) == 0;
    }
}

package dev.millrace.engine.grammar;

import java.util.Set;

/** The keywords of JSON Schema, draft 2020-12, by what becomes of them. */
final class SchemaKeywords {
    /** They say nothing about which values are valid. */
    static final Set<String> ANNOTATIONS =
            Set.of(
                    "title",
                    "description",
                    "default",
                    "examples",
                    "deprecated",
                    "readOnly",
                    "writeOnly",
                    "contentEncoding",
                    "contentMediaType",
                    "contentSchema",
                    "$comment",
                    "$schema",
                    "$id",
                    "$anchor",
                    "$defs",
                    "definitions",
                    "$vocabulary");

    /** They are enforced. */
    static final Set<String> ENFORCED =
            Set.of(
                    "$ref",
                    "allOf",
                    "anyOf",
                    "oneOf",
                    "not",
                    "if",
                    "then",
                    "else",
                    "dependentRequired",
                    "dependentSchemas",
                    "type",
                    "enum",
                    "const",
                    "minimum",
                    "maximum",
                    "exclusiveMinimum",
                    "exclusiveMaximum",
                    "multipleOf",
                    "minLength",
                    "maxLength",
                    "pattern",
                    "format",
                    "prefixItems",
                    "items",
                    "minItems",
                    "maxItems",
                    "uniqueItems",
                    "contains",
                    "minContains",
                    "maxContains",
                    "properties",
                    "required",
                    "additionalProperties",
                    "patternProperties",
                    "propertyNames",
                    "minProperties",
                    "maxProperties");

    private SchemaKeywords() {}

    /** Refuses what would have to be ignored. */
    static void check(SchemaNode node) {
        node.json()
                .fieldNames()
                .forEachRemaining(
                        keyword -> {
                            if (!ENFORCED.contains(keyword) && !ANNOTATIONS.contains(keyword)) {
                                throw node.unsupported(
                                        keyword,
                                        "a keyword that is not enforced",
                                        "one of " + ENFORCED.stream().sorted().toList());
                            }
                        });
    }
}

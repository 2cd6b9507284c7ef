package dev.millrace.engine.grammar;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/**
 * A subschema.
 *
 * @param pointer its place in the document, a JSON pointer behind {@code #}; two nodes with one place are the same
 * @param json an object or a boolean
 */
record SchemaNode(String pointer, JsonNode json) {

    SchemaNode child(String keyword) {
        return new SchemaNode(pointer + "/" + escape(keyword), json.get(keyword));
    }

    SchemaNode child(String keyword, String name) {
        return new SchemaNode(
                pointer + "/" + keyword + "/" + escape(name), json.get(keyword).get(name));
    }

    SchemaNode child(String keyword, int index) {
        return new SchemaNode(pointer + "/" + keyword + "/" + index, json.get(keyword).get(index));
    }

    boolean hasNone(String... keywords) {
        return Arrays.stream(keywords).noneMatch(json::has);
    }

    /** The same without one keyword. */
    SchemaNode without(String keyword) {
        ObjectNode rest = json.deepCopy();
        rest.remove(keyword);
        return made("without-" + keyword, rest);
    }

    /** A place below this one whose schema does not matter. */
    SchemaNode part(String... path) {
        String steps = Arrays.stream(path).map(SchemaNode::escape).collect(joining("/"));
        return new SchemaNode(pointer + "/" + steps, json);
    }

    /**
     * A schema that stands nowhere in the document, and was made from this place of it. In a JSON pointer a tilde has a digit
     * behind it, so no other node has its name.
     */
    SchemaNode made(String what, JsonNode schema) {
        return new SchemaNode(pointer + "~" + what, schema);
    }

    boolean isMade(String what) {
        return pointer.endsWith("~" + what);
    }

    private static String escape(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SchemaNode that && pointer.equals(that.pointer);
    }

    @Override
    public int hashCode() {
        return pointer.hashCode();
    }

    GrammarException syntax(String keyword, String allowed) {
        JsonNode value = json.get(keyword);
        return problem(
                GrammarError.SYNTAX,
                keyword,
                value == null ? "nothing" : show(value),
                allowed,
                "Mend the schema");
    }

    GrammarException unsupported(String keyword, String given, String allowed) {
        return problem(
                GrammarError.UNSUPPORTED,
                keyword,
                given,
                allowed,
                "Remove it, or say the same in another way");
    }

    GrammarException problem(
            GrammarError code, String keyword, String given, String allowed, String remedy) {
        String where =
                "schema at "
                        + pointer.replaceFirst("~[^01].*", "")
                        + (keyword.isEmpty() ? "" : "/" + keyword);
        return new GrammarException(code, where, given, allowed, remedy);
    }

    /** Schemas are configuration, not data: their values may be shown, cut short. */
    private static String show(JsonNode value) {
        String text = value.toString();
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}

package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters that are known. */
final class Filters {
    private static final Map<String, Filter> ALL = new HashMap<>();

    static {
        texts();
        numbers();
        lists();
        ListFilters.addTo(ALL);
    }

    private Filters() {}

    /** The filter with a name; null if there is none. */
    static Filter named(String name) {
        return ALL.get(name);
    }

    private static void texts() {
        ALL.put("trim", (s, v, a) -> PythonText.strip(Python.text(v), chars(a), true, true));
        ALL.put("upper", (s, v, a) -> Python.text(v).toUpperCase(Locale.ROOT));
        ALL.put("lower", (s, v, a) -> Python.text(v).toLowerCase(Locale.ROOT));
        ALL.put("title", (s, v, a) -> PythonText.title(Python.text(v)));
        ALL.put("capitalize", (s, v, a) -> PythonText.capitalize(Python.text(v)));
        ALL.put("string", (s, v, a) -> Python.text(v));
        ALL.put("safe", (s, v, a) -> Python.text(v));
        ALL.put("escape", (s, v, a) -> escaped(Python.text(v), s.limits()));
        ALL.put("e", ALL.get("escape"));
        ALL.put("replace", Filters::replace);
        ALL.put("indent", Filters::indent);
        ALL.put(
                "format",
                (s, v, a) -> TextFormat.percent(Python.text(v), a.positional(), s.limits()));
        ALL.put("wordcount", (s, v, a) -> (long) Python.text(v).split("\\W+").length);
        ALL.put(
                "tojson",
                (s, v, a) -> {
                    String json = PythonJson.write(v, a);
                    s.limits().requireChars(json.length());
                    return json;
                });
    }

    private static void numbers() {
        ALL.put("int", Filters::integer);
        ALL.put("float", Filters::real);
        ALL.put("abs", (s, v, a) -> Python.compare(v, 0L) < 0 ? Operators.negated(v) : v);
        ALL.put("round", Filters::round);
    }

    private static void lists() {
        ALL.put("length", (s, v, a) -> Python.length(v));
        ALL.put("count", (s, v, a) -> Python.length(v));
        ALL.put("list", (s, v, a) -> Python.items(v));
        ALL.put("first", (s, v, a) -> end(Python.items(v), 0));
        ALL.put("last", (s, v, a) -> end(Python.items(v), -1));
        ALL.put("reverse", Filters::reverse);
        ALL.put("join", Filters::join);
        ALL.put("items", Filters::items);
        ALL.put("default", Filters::fallback);
        ALL.put("d", ALL.get("default"));
        ALL.put("attr", (s, v, a) -> Access.attribute(v, a.text(0, "name")));
    }

    private static String chars(Arguments arguments) {
        return arguments.has(0, "chars") && arguments.get(0, "chars", null) != null
                ? arguments.text(0, "chars")
                : null;
    }

    static String escaped(String text, Limits limits) {
        limits.requireChars(5L * text.length());
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static Object replace(Scope scope, Object value, Arguments arguments) {
        return PythonText.replace(
                Python.text(value),
                arguments.text(0, "old"),
                arguments.text(1, "new"),
                arguments.get(2, "count", null) == null ? -1 : arguments.integer(2, "count", -1),
                scope.limits());
    }

    /** Spaces in front of every line but the first and the empty ones, unless told otherwise. */
    private static Object indent(Scope scope, Object value, Arguments arguments) {
        Object width = arguments.get(0, "width", 4L);
        String spaces =
                width instanceof String text
                        ? text
                        : Operators.repeated(" ", Python.integer(width), scope.limits());
        boolean first = arguments.truth(1, "first", false);
        boolean blank = arguments.truth(2, "blank", false);
        String[] lines = Python.text(value).split("\n", -1);
        scope.limits()
                .requireChars(Python.text(value).length() + (long) lines.length * spaces.length());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.length; i++) {
            boolean indented = i == 0 ? first : blank || !lines[i].isEmpty();
            out.append(i > 0 ? "\n" : "").append(indented ? spaces : "").append(lines[i]);
        }
        return out.toString();
    }

    private static Object integer(Scope scope, Object value, Arguments arguments) {
        try {
            if (value instanceof Double real) {
                return (long) (double) real;
            }
            return value instanceof String text
                    ? (Object) Long.parseLong(text.strip())
                    : (Object) Python.integer(value);
        } catch (NumberFormatException | TemplateException e) {
            return arguments.get(0, "default", 0L);
        }
    }

    private static Object real(Scope scope, Object value, Arguments arguments) {
        try {
            return value instanceof String text ? Double.parseDouble(text) : Python.real(value);
        } catch (NumberFormatException | TemplateException e) {
            return arguments.get(0, "default", 0.0);
        }
    }

    private static Object round(Scope scope, Object value, Arguments arguments) {
        long precision = arguments.integer(0, "precision", 0);
        String method = Python.text(arguments.get(1, "method", "common"));
        if (precision < 0 || precision > 15) {
            throw TemplateException.failed("a precision outside 0 to 15");
        }
        double scale = Math.pow(10, (double) precision);
        double scaled = Python.real(value) * scale;
        double rounded =
                switch (method) {
                    case "ceil" -> Math.ceil(scaled);
                    case "floor" -> Math.floor(scaled);
                    default -> Math.rint(scaled);
                };
        return rounded / scale;
    }

    private static Object end(List<Object> items, int at) {
        return items.isEmpty()
                ? new Undefined("an end of an empty list")
                : items.get(at < 0 ? items.size() - 1 : at);
    }

    private static Object reverse(Scope scope, Object value, Arguments arguments) {
        if (value instanceof String text) {
            return new StringBuilder(text).reverse().toString();
        }
        List<Object> items = Python.items(value);
        List<Object> reversed = new ArrayList<>(items);
        Collections.reverse(reversed);
        return new Generator(() -> reversed);
    }

    private static Object join(Scope scope, Object value, Arguments arguments) {
        String separator = Python.text(arguments.get(0, "d", ""));
        Object attribute = arguments.get(1, "attribute", null);
        List<String> texts = new ArrayList<>();
        long chars = 0;
        for (Object item : Python.items(value)) {
            Object each = attribute == null ? item : ListFilters.path(item, attribute);
            texts.add(Python.text(each));
            chars += texts.get(texts.size() - 1).length() + separator.length();
        }
        scope.limits().requireChars(chars);
        return String.join(separator, texts);
    }

    private static Object items(Scope scope, Object value, Arguments arguments) {
        if (value instanceof Undefined) {
            return List.of();
        }
        if (value instanceof Map<?, ?> map) {
            return new Generator(() -> Access.pairs(map));
        }
        throw TemplateException.failed(Python.typeName(value) + " has no items");
    }

    private static Object fallback(Scope scope, Object value, Arguments arguments) {
        boolean replaces =
                value instanceof Undefined
                        || (arguments.truth(1, "boolean", false) && !Python.isTrue(value));
        return replaces ? arguments.get(0, "default_value", "") : value;
    }
}

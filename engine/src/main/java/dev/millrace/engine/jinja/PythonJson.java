package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code tojson} as transformers has it: {@code json.dumps} with {@code ensure_ascii=False} unless told otherwise. */
final class PythonJson {
    private final String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean ascii;
    private final boolean sorted;
    private final StringBuilder out = new StringBuilder();

    private PythonJson(Arguments arguments) {
        Object given = arguments.get(1, "indent", null);
        indent = given == null ? null : given instanceof String text ? text : spaces(given);
        Object separators = arguments.get(2, "separators", null);
        boolean own = separators instanceof List<?> pair && pair.size() == 2;
        itemSeparator =
                own ? Python.text(((List<?>) separators).get(0)) : indent == null ? ", " : ",";
        keySeparator = own ? Python.text(((List<?>) separators).get(1)) : ": ";
        ascii = arguments.truth(0, "ensure_ascii", false);
        sorted = arguments.truth(3, "sort_keys", false);
    }

    static String write(Object value, Arguments arguments) {
        PythonJson json = new PythonJson(arguments);
        json.write(value, "\n");
        return json.out.toString();
    }

    private static String spaces(Object count) {
        return " ".repeat((int) Math.max(0, Math.min(16, Python.integer(count))));
    }

    /** {@code line} begins a line at the depth of what holds the value. */
    private void write(Object value, String line) {
        if (value == null) {
            out.append("null");
        } else if (value instanceof Boolean truth) {
            out.append(truth);
        } else if (value instanceof Number number) {
            out.append(number instanceof Double real ? real(real) : number.toString());
        } else if (value instanceof String text) {
            writeText(text);
        } else if (value instanceof List<?> list) {
            writeList(list, line);
        } else if (value instanceof Map<?, ?> map) {
            writeMap(map, line);
        } else {
            throw TemplateException.failed(Python.typeName(value) + " cannot be written as JSON");
        }
    }

    private static String real(Double real) {
        if (real.isNaN()) {
            return "NaN";
        }
        return real.isInfinite() ? (real > 0 ? "Infinity" : "-Infinity") : Python.number(real);
    }

    private void writeList(List<?> list, String line) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        String inner = line + (indent == null ? "" : indent);
        out.append('[');
        String separator = "";
        for (Object item : list) {
            out.append(separator).append(indent == null ? "" : inner);
            write(item, inner);
            separator = itemSeparator;
        }
        out.append(indent == null ? "" : line).append(']');
    }

    private void writeMap(Map<?, ?> map, String line) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        String inner = line + (indent == null ? "" : indent);
        List<Object> keys = new ArrayList<>(map.keySet());
        if (sorted) {
            keys.sort(Python::compare);
        }
        out.append('{');
        String separator = "";
        for (Object key : keys) {
            out.append(separator).append(indent == null ? "" : inner);
            writeText(key instanceof String text ? text : keyText(key));
            out.append(keySeparator);
            write(map.get(key), inner);
            separator = itemSeparator;
        }
        out.append(indent == null ? "" : line).append('}');
    }

    private static String keyText(Object key) {
        if (key == null) {
            return "null";
        }
        return key instanceof Boolean truth ? truth.toString() : Python.text(key);
    }

    private void writeText(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ' || (ascii && c > '~')) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}

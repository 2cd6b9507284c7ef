package dev.millrace.engine.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** {@code repr}: how Python shows values. */
final class PythonRepr {
    private PythonRepr() {}

    static void write(Object value, StringBuilder out) {
        if (value == null) {
            out.append("None");
        } else if (value instanceof Boolean truth) {
            out.append(truth ? "True" : "False");
        } else if (value instanceof Number number) {
            out.append(Python.number(number));
        } else if (value instanceof String text) {
            writeText(text, out);
        } else if (value instanceof Tuple tuple) {
            writeItems(tuple, "(", tuple.size() == 1 ? ",)" : ")", out);
        } else if (value instanceof List<?> list) {
            writeItems(list, "[", "]", out);
        } else if (value instanceof Map<?, ?> map) {
            writeMap(map, out);
        } else if (value instanceof Undefined) {
            out.append("Undefined");
        } else {
            throw TemplateException.failed("an object that cannot be printed");
        }
    }

    private static void writeItems(List<?> list, String open, String close, StringBuilder out) {
        out.append(open);
        String separator = "";
        for (Object item : list) {
            out.append(separator);
            write(item, out);
            separator = ", ";
        }
        out.append(close);
    }

    private static void writeMap(Map<?, ?> map, StringBuilder out) {
        out.append('{');
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<?, ?> entry = entries.next();
            write(entry.getKey(), out);
            out.append(": ");
            write(entry.getValue(), out);
            out.append(entries.hasNext() ? ", " : "");
        }
        out.append('}');
    }

    private static void writeText(String text, StringBuilder out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints()
                .forEach(
                        c -> {
                            switch (c) {
                                case '\n' -> out.append("\\n");
                                case '\r' -> out.append("\\r");
                                case '\t' -> out.append("\\t");
                                case '\\' -> out.append("\\\\");
                                default -> writeCharacter(c, quote, out);
                            }
                        });
        out.append(quote);
    }

    private static void writeCharacter(int c, char quote, StringBuilder out) {
        if (c == quote) {
            out.append('\\').append(quote);
        } else if (isPrintable(c)) {
            out.appendCodePoint(c);
        } else if (c < 0x100) {
            out.append("\\x%02x".formatted(c));
        } else {
            out.append((c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
        }
    }

    /** As {@code str.isprintable}: no controls, no separators other than the space. */
    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }
}

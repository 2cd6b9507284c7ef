package dev.millrace.engine.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;

/** The methods of Python's strings that chat templates call; Java's have other names or another meaning. */
final class PythonStrings extends ELResolver {

    @Override
    public Object invoke(
            ELContext context,
            Object base,
            Object method,
            Class<?>[] parameterTypes,
            Object[] arguments) {
        if (!(base instanceof String text)) {
            return null;
        }
        Object result = call(text, String.valueOf(method), arguments);
        if (result != null) {
            context.setPropertyResolved(true);
        }
        return result;
    }

    /** Null if there is no such method. */
    private static Object call(String text, String method, Object[] arguments) {
        String first = arguments.length > 0 ? String.valueOf(arguments[0]) : null;
        return switch (method) {
            case "strip" -> strip(text, first, true, true);
            case "lstrip" -> strip(text, first, true, false);
            case "rstrip" -> strip(text, first, false, true);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> title(text);
            case "split" -> arguments.length > 1 ? null : split(text, first);
            case "startswith" -> first == null ? null : text.startsWith(first);
            case "endswith" -> first == null ? null : text.endsWith(first);
            case "replace" ->
                    arguments.length == 2
                            ? replace(text, first, String.valueOf(arguments[1]))
                            : null;
            default -> null;
        };
    }

    /** As {@code str.strip}; {@code chars} null for whitespace. */
    static String strip(String text, String chars, boolean left, boolean right) {
        int from = 0;
        int to = text.length();
        while (left && from < to && isStripped(text.charAt(from), chars)) {
            from++;
        }
        while (right && to > from && isStripped(text.charAt(to - 1), chars)) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isStripped(char c, String chars) {
        return chars == null
                ? Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085'
                : chars.indexOf(c) >= 0;
    }

    private static String title(String text) {
        StringBuilder title = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            title.append(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return title.toString();
    }

    private static List<String> split(String text, String separator) {
        if (separator == null) {
            String stripped = strip(text, null, true, true);
            return stripped.isEmpty() ? List.of() : Arrays.asList(stripped.split("[\\s\\h]+"));
        }
        if (separator.isEmpty()) {
            return null;
        }
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static String replace(String text, String from, String to) {
        long added = (long) Math.max(0, to.length() - from.length()) * (text.length() + 1L);
        if (text.length() + added > ChatTemplate.MAX_OUTPUT_CHARS) {
            throw new IllegalArgumentException("the replaced text may be too long");
        }
        return text.replace(from, to);
    }

    @Override
    public Object getValue(ELContext context, Object base, Object property) {
        return null;
    }

    @Override
    public Class<?> getType(ELContext context, Object base, Object property) {
        return null;
    }

    @Override
    public void setValue(ELContext context, Object base, Object property, Object value) {
        // Nothing here can be written.
    }

    @Override
    public boolean isReadOnly(ELContext context, Object base, Object property) {
        return true;
    }

    @Override
    public Iterator<java.beans.FeatureDescriptor> getFeatureDescriptors(
            ELContext context, Object base) {
        return null;
    }

    @Override
    public Class<?> getCommonPropertyType(ELContext context, Object base) {
        return null;
    }
}

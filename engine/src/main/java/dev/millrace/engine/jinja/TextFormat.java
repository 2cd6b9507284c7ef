package dev.millrace.engine.jinja;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's ways to put values into texts, as far as they need no format of their own. */
final class TextFormat {
    private static final Pattern PERCENT = Pattern.compile("%(.?)", Pattern.DOTALL);

    private TextFormat() {}

    /** {@code str.format} with <code>{}</code>, <code>{0}</code> and <code>{name}</code>. */
    static String braces(String form, Arguments arguments, Limits limits) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < form.length(); i++) {
            char c = form.charAt(i);
            boolean doubled = i + 1 < form.length() && form.charAt(i + 1) == c;
            if (c != '{' && c != '}') {
                out.append(c);
            } else if (doubled) {
                out.append(c);
                i++;
            } else {
                int end = form.indexOf('}', i);
                String field = c == '{' && end > 0 ? form.substring(i + 1, end) : "!";
                out.append(Python.text(field(field, arguments, next)));
                next += field.isEmpty() ? 1 : 0;
                i = end;
            }
            limits.requireChars(out.length());
        }
        return out.toString();
    }

    private static Object field(String field, Arguments arguments, int next) {
        boolean numbered = field.matches("\\d{0,4}");
        int index = field.isEmpty() ? next : numbered ? Integer.parseInt(field) : Integer.MAX_VALUE;
        if (!field.matches("\\w*") || !arguments.has(index, field)) {
            throw TemplateException.failed("a place in a format without a value, or with a format");
        }
        return arguments.get(index, field, null);
    }

    /** {@code %s}, {@code %d} and {@code %%}. */
    static String percent(String form, List<?> values, Limits limits) {
        StringBuilder out = new StringBuilder();
        Matcher places = PERCENT.matcher(form);
        int next = 0;
        while (places.find()) {
            String kind = places.group(1);
            String written = "%";
            if (!kind.equals("%")) {
                if (next >= values.size() || !(kind.equals("s") || kind.equals("d"))) {
                    throw TemplateException.failed(
                            "a format other than %s and %d, or too few values");
                }
                Object value = values.get(next++);
                written =
                        kind.equals("s")
                                ? Python.text(value)
                                : Long.toString(Python.integer(value));
            }
            places.appendReplacement(out, Matcher.quoteReplacement(written));
            limits.requireChars(out.length());
        }
        places.appendTail(out);
        if (next < values.size()) {
            throw TemplateException.failed("more values than the format has places");
        }
        return out.toString();
    }
}

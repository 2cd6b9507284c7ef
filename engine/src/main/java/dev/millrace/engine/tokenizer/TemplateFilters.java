package dev.millrace.engine.tokenizer;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the filters that a Jinja template names: {@code | name} in expressions and tags, outside of texts. */
final class TemplateFilters {
    // Possessive throughout: no backtracking whatever the template.
    private static final Pattern CODE = Pattern.compile("\\{[{%]|[}%]\\}");
    private static final Pattern FILTER = Pattern.compile("\\|\\s*+([A-Za-z_]\\w*+)");

    private TemplateFilters() {}

    static Set<String> in(String source) {
        Set<String> names = new TreeSet<>();
        Matcher marks = CODE.matcher(source);
        int start = -1;
        while (marks.find()) {
            if (marks.group().charAt(0) == '{') {
                start = start < 0 ? marks.end() : start;
            } else if (start >= 0) {
                addFrom(source.substring(start, marks.start()), names);
                start = -1;
            }
        }
        return names;
    }

    private static void addFrom(String code, Set<String> names) {
        Matcher filters = FILTER.matcher(withoutTexts(code));
        while (filters.find()) {
            names.add(filters.group(1));
        }
    }

    private static String withoutTexts(String code) {
        StringBuilder rest = new StringBuilder(code.length());
        char quote = 0;
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
            } else if (quote == 0) {
                rest.append(c);
            } else if (c == '\\') {
                i++;
            } else if (c == quote) {
                quote = 0;
            }
        }
        return rest.toString();
    }
}

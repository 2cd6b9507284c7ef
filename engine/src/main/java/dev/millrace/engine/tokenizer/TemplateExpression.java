package dev.millrace.engine.tokenizer;

/** Rewrites what stands in a tag where Jinjava reads it otherwise than Python's jinja2; strings are left alone. */
final class TemplateExpression {
    private static final String REVERSED = "[::-1]";
    private static final String NAMESPACE = "namespace(";

    private TemplateExpression() {}

    /**
     * {@code list[::-1]} becomes {@code list|reverse|list}, for Jinjava's slices have no step. The values in {@code
     * namespace(name=value)} get parentheses, for it takes a name and the first operand for one value.
     */
    static String rewrite(String expression) {
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < expression.length()) {
            char c = expression.charAt(i);
            if (c == '\'' || c == '"') {
                int end = endOfString(expression, i) + 1;
                out.append(expression, i, Math.min(end, expression.length()));
                i = end;
            } else if (expression.startsWith(REVERSED, i)) {
                out.append("|reverse|list");
                i += REVERSED.length();
            } else if (expression.startsWith(NAMESPACE, i)) {
                int from = i + NAMESPACE.length();
                int end = endOfArguments(expression, from);
                out.append(NAMESPACE).append(parenthesized(expression.substring(from, end)));
                i = end;
            } else {
                // Two closing braces of maps are no end of a tag, save to Jinjava.
                out.append(expression.startsWith("}}", i) ? "} " : c);
                i++;
            }
        }
        return out.toString();
    }

    private static String parenthesized(String arguments) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        while (from < arguments.length()) {
            int end = endOfArgument(arguments, from);
            String argument = arguments.substring(from, end);
            int equals = argument.indexOf('=');
            if (equals < 0) {
                out.append(argument);
            } else {
                out.append(argument, 0, equals + 1).append('(');
                out.append(rewrite(argument.substring(equals + 1))).append(')');
            }
            if (end < arguments.length()) {
                out.append(',');
            }
            from = end + 1;
        }
        return out.toString();
    }

    /** Where the string that begins at a quote ends: at its other quote, or where the text ends. */
    static int endOfString(String text, int start) {
        char quote = text.charAt(start);
        int i = start + 1;
        while (i < text.length() && text.charAt(i) != quote) {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i, text.length());
    }

    private static int endOfArguments(String text, int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) != ')') {
            i = endOfArgument(text, i);
            i += i < text.length() && text.charAt(i) == ',' ? 1 : 0;
        }
        return i;
    }

    /** The next comma or closing bracket outside of strings and brackets, or the end. */
    private static int endOfArgument(String text, int from) {
        int depth = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\'' || c == '"') {
                i = endOfString(text, i);
            } else if ("([{".indexOf(c) >= 0) {
                depth++;
            } else if (depth == 0 && (c == ',' || c == ')')) {
                return i;
            } else if (")]}".indexOf(c) >= 0) {
                depth--;
            }
        }
        return text.length();
    }

    /** Whether a word stands in the expression outside of strings and brackets. */
    static boolean hasWord(String expression, String word) {
        int depth = 0;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == '\'' || c == '"') {
                i = endOfString(expression, i);
            } else if ("([{".indexOf(c) >= 0) {
                depth++;
            } else if (")]}".indexOf(c) >= 0) {
                depth--;
            } else if (depth == 0
                    && expression.startsWith(word, i)
                    && isBoundary(expression, i - 1)
                    && isBoundary(expression, i + word.length())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isBoundary(String text, int at) {
        return at < 0
                || at >= text.length()
                || !(Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_');
    }
}

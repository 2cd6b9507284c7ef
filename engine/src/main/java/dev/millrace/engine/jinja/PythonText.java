package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The methods of Python's {@code str}; positions count code points. */
final class PythonText {
    private PythonText() {}

    /** The method of a text with a name; null if there is none. */
    static Function method(String text, String name) {
        return switch (name) {
            case "strip" -> (s, a) -> strip(text, chars(a), true, true);
            case "lstrip" -> (s, a) -> strip(text, chars(a), true, false);
            case "rstrip" -> (s, a) -> strip(text, chars(a), false, true);
            case "upper" -> (s, a) -> text.toUpperCase(Locale.ROOT);
            case "lower", "casefold" -> (s, a) -> text.toLowerCase(Locale.ROOT);
            case "title" -> (s, a) -> title(text);
            case "capitalize" -> (s, a) -> capitalize(text);
            case "startswith" -> (s, a) -> anyOf(a.get(0, "prefix", null), text::startsWith);
            case "endswith" -> (s, a) -> anyOf(a.get(0, "suffix", null), text::endsWith);
            case "removeprefix" -> (s, a) -> without(text, a.text(0, "prefix"), true);
            case "removesuffix" -> (s, a) -> without(text, a.text(0, "suffix"), false);
            case "replace" ->
                    (s, a) ->
                            replace(
                                    text,
                                    a.text(0, "old"),
                                    a.text(1, "new"),
                                    a.integer(2, "count", -1),
                                    s.limits());
            case "join" -> (s, a) -> join(text, a.get(0, "iterable", null), s.limits());
            case "split" -> (s, a) -> split(text, a, false);
            case "rsplit" -> (s, a) -> split(text, a, true);
            case "splitlines" -> (s, a) -> lines(text);
            case "partition" -> (s, a) -> partition(text, a.text(0, "sep"), false);
            case "rpartition" -> (s, a) -> partition(text, a.text(0, "sep"), true);
            case "find" -> (s, a) -> position(text, text.indexOf(a.text(0, "sub")));
            case "rfind" -> (s, a) -> position(text, text.lastIndexOf(a.text(0, "sub")));
            case "count" -> (s, a) -> count(text, a.text(0, "sub"));
            case "format" -> (s, a) -> TextFormat.braces(text, a, s.limits());
            case "isdigit", "isnumeric", "isdecimal" -> (s, a) -> all(text, Character::isDigit);
            case "isalpha" -> (s, a) -> all(text, Character::isLetter);
            case "isalnum" -> (s, a) -> all(text, Character::isLetterOrDigit);
            case "isspace" -> (s, a) -> all(text, PythonText::isSpace);
            case "isupper" -> (s, a) -> isCase(text, text.toUpperCase(Locale.ROOT));
            case "islower" -> (s, a) -> isCase(text, text.toLowerCase(Locale.ROOT));
            default -> null;
        };
    }

    private static String chars(Arguments arguments) {
        Object chars = arguments.get(0, "chars", null);
        return chars == null ? null : arguments.text(0, "chars");
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
        return chars == null ? isSpace(c) : chars.indexOf(c) >= 0;
    }

    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }

    /** By code points, where Java would compare UTF-16 units. */
    static int compare(String a, String b) {
        int[] left = a.codePoints().toArray();
        int[] right = b.codePoints().toArray();
        return Arrays.compare(left, right);
    }

    static String title(String text) {
        StringBuilder title = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            title.append(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return title.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return text.substring(0, first).toUpperCase(Locale.ROOT)
                + text.substring(first).toLowerCase(Locale.ROOT);
    }

    private static boolean anyOf(Object given, Predicate<String> test) {
        List<?> all = given instanceof Tuple tuple ? tuple : Collections.singletonList(given);
        for (Object each : all) {
            if (!(each instanceof String text)) {
                throw TemplateException.failed(Python.typeName(each) + " instead of a text");
            }
            if (test.test(text)) {
                return true;
            }
        }
        return false;
    }

    private static String without(String text, String part, boolean front) {
        boolean has = front ? text.startsWith(part) : text.endsWith(part);
        if (!has) {
            return text;
        }
        return front
                ? text.substring(part.length())
                : text.substring(0, text.length() - part.length());
    }

    static String replace(String text, String from, String to, long count, Limits limits) {
        long added = (long) Math.max(0, to.length() - from.length()) * (text.length() + 1L);
        limits.requireChars(text.length() + added);
        if (count < 0) {
            return text.replace(from, to);
        }
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (long i = 0; i < count; i++) {
            int found = text.indexOf(from, at);
            if (found < 0 || from.isEmpty()) {
                break;
            }
            out.append(text, at, found).append(to);
            at = found + from.length();
        }
        return out.append(text, at, text.length()).toString();
    }

    private static String join(String separator, Object items, Limits limits) {
        long chars = 0;
        List<String> texts = new ArrayList<>();
        for (Object item : Python.items(items)) {
            if (!(item instanceof String text)) {
                throw TemplateException.failed(Python.typeName(item) + " cannot be joined");
            }
            chars += text.length() + separator.length();
            texts.add(text);
        }
        limits.requireChars(chars);
        return String.join(separator, texts);
    }

    private static List<Object> split(String text, Arguments arguments, boolean fromRight) {
        Object separator = arguments.get(0, "sep", null);
        long most = arguments.integer(1, "maxsplit", -1);
        if (separator == null) {
            if (most >= 0) {
                throw TemplateException.failed("split without a separator but with a count");
            }
            List<Object> words = new ArrayList<>();
            for (String word : strip(text, null, true, true).split("[\\s\\h\\x85]+", -1)) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
            return words;
        }
        String sep = arguments.text(0, "sep");
        if (sep.isEmpty()) {
            throw TemplateException.failed("split at an empty text");
        }
        return fromRight ? splitRight(text, sep, most) : splitLeft(text, sep, most);
    }

    private static List<Object> splitLeft(String text, String separator, long most) {
        List<Object> parts = new ArrayList<>();
        int from = 0;
        int at = text.indexOf(separator);
        while (at >= 0 && (most < 0 || parts.size() < most)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
            at = text.indexOf(separator, from);
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static List<Object> splitRight(String text, String separator, long most) {
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        int at = text.lastIndexOf(separator);
        while (at >= 0 && (most < 0 || parts.size() < most)) {
            parts.add(text.substring(at + separator.length(), to));
            to = at;
            at = text.lastIndexOf(separator, to - separator.length());
        }
        parts.add(text.substring(0, to));
        Collections.reverse(parts);
        return parts;
    }

    private static List<Object> lines(String text) {
        return text.lines().collect(Collectors.toCollection(ArrayList::new));
    }

    private static Tuple partition(String text, String separator, boolean fromRight) {
        int at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (at < 0) {
            return fromRight ? Tuple.of("", "", text) : Tuple.of(text, "", "");
        }
        return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static long position(String text, int index) {
        return index < 0 ? -1 : text.codePointCount(0, index);
    }

    private static long count(String text, String part) {
        return part.isEmpty() ? Python.length(text) + 1 : splitLeft(text, part, -1).size() - 1L;
    }

    private static boolean all(String text, IntPredicate test) {
        return !text.isEmpty() && text.codePoints().allMatch(test);
    }

    private static boolean isCase(String text, String changed) {
        return text.equals(changed)
                && !text.toUpperCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT));
    }
}

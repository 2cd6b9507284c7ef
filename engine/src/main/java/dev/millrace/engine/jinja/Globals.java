package dev.millrace.engine.jinja;

import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Functions that every template knows. */
final class Globals {
    static final Map<String, Function> ALL =
            Map.of(
                    "range", (s, a) -> range(a),
                    "dict", (s, a) -> new LinkedHashMap<Object, Object>(a.named()),
                    "namespace", (s, a) -> namespace(a),
                    "raise_exception", (s, a) -> raise(a),
                    "strftime_now", (s, a) -> now(a.text(0, "format")));

    private Globals() {}

    private static List<Object> range(Arguments arguments) {
        boolean one = arguments.size() == 1;
        long from = one ? 0 : arguments.integer(0, "start", 0);
        long to = arguments.integer(one ? 0 : 1, "stop", 0);
        long step = arguments.integer(2, "step", 1);
        if (step == 0) {
            throw TemplateException.failed("a range with step 0");
        }
        List<Object> numbers = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i = Math.addExact(i, step)) {
            if (numbers.size() >= Limits.MAX_RANGE) {
                throw TemplateException.failed("a range of more than " + Limits.MAX_RANGE);
            }
            numbers.add(i);
        }
        return numbers;
    }

    private static Namespace namespace(Arguments arguments) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        if (arguments.get(0, "", null) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> attributes.put(String.valueOf(key), value));
        }
        attributes.putAll(arguments.named());
        return new Namespace(attributes);
    }

    private static Object raise(Arguments arguments) {
        throw new TemplateException(
                TemplateException.Kind.RAISED, Python.text(arguments.get(0, "message", "")), 0);
    }

    /** In UTC, so that all machines agree. */
    private static String now(String format) {
        return OffsetDateTime.now(ZoneOffset.UTC)
                .format(DateTimeFormatter.ofPattern(javaPattern(format), Locale.ENGLISH));
    }

    private static String javaPattern(String format) {
        StringBuilder pattern = new StringBuilder();
        StringBuilder literal = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c == '%' && i + 1 < format.length()) {
                quote(literal, pattern);
                boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
                i += unpadded ? 2 : 1;
                pattern.append(javaField(format.charAt(i), unpadded));
            } else {
                literal.append(c);
            }
        }
        quote(literal, pattern);
        return pattern.toString();
    }

    private static void quote(StringBuilder literal, StringBuilder pattern) {
        if (!literal.isEmpty()) {
            pattern.append('\'').append(literal.toString().replace("'", "''")).append('\'');
            literal.setLength(0);
        }
    }

    private static String javaField(char field, boolean unpadded) {
        String java =
                switch (field) {
                    case 'Y' -> "uuuu";
                    case 'y' -> "uu";
                    case 'm' -> "MM";
                    case 'd' -> "dd";
                    case 'b' -> "MMM";
                    case 'B' -> "MMMM";
                    case 'a' -> "EEE";
                    case 'A' -> "EEEE";
                    case 'H' -> "HH";
                    case 'I' -> "hh";
                    case 'p' -> "a";
                    case 'M' -> "mm";
                    case 'S' -> "ss";
                    case 'j' -> "DDD";
                    case 'Z' -> "'UTC'";
                    case 'z' -> "xx";
                    default -> throw TemplateException.failed("the field %" + field + " of a date");
                };
        boolean padded = java.length() == 2 && Character.isLetter(java.charAt(0));
        return unpadded && padded ? java.substring(1) : java;
    }
}

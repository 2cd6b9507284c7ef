package dev.millrace.engine.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What Python's built-in functions make of values. */
final class Python {
    private Python() {}

    static boolean isTrue(Object value) {
        if (value == null || value instanceof Undefined) {
            return false;
        }
        if (value instanceof Boolean truth) {
            return truth;
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof Collection<?> list) {
            return !list.isEmpty();
        }
        return !(value instanceof Map<?, ?> map) || !map.isEmpty();
    }

    /** {@code str(value)}, as a template prints it. */
    static String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        return value instanceof Undefined ? "" : repr(value);
    }

    /** {@code repr(value)}. */
    static String repr(Object value) {
        StringBuilder out = new StringBuilder();
        PythonRepr.write(value, out);
        return out.toString();
    }

    static String number(Number number) {
        if (!(number instanceof Double real)) {
            return number.toString();
        }
        if (real.isNaN() || real.isInfinite()) {
            return real.isNaN() ? "nan" : real > 0 ? "inf" : "-inf";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(real)).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (real != 0 && (exponent < -4 || exponent >= 16)) {
            String digits = decimal.unscaledValue().abs().toString();
            String mantissa =
                    digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
            String sign = real < 0 ? "-" : "";
            return "%s%se%s%02d"
                    .formatted(sign, mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        String plain = decimal.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    /** The elements of what can be looped over: of a text its characters, of a map its keys. */
    static List<Object> items(Object value) {
        if (value instanceof List<?> list) {
            return new ArrayList<>(list);
        }
        if (value instanceof Map<?, ?> map) {
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            List<Object> characters = new ArrayList<>();
            text.codePoints().forEach(c -> characters.add(Character.toString(c)));
            return characters;
        }
        if (value instanceof Undefined) {
            return List.of();
        }
        if (value instanceof Generator generator) {
            return generator.take();
        }
        throw TemplateException.failed(typeName(value) + " cannot be looped over");
    }

    /** {@code len(value)}. */
    static long length(Object value) {
        if (value instanceof String text) {
            return text.codePointCount(0, text.length());
        }
        if (value instanceof Collection<?> list) {
            return list.size();
        }
        if (value instanceof Map<?, ?> map) {
            return map.size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        throw TemplateException.failed(typeName(value) + " has no length");
    }

    /** {@code a == b}: true equals 1, and 1 equals 1.0. */
    static boolean isEqual(Object a, Object b) {
        if (isNumber(a) && isNumber(b)) {
            boolean whole = isInteger(a) && isInteger(b);
            return whole ? integer(a) == integer(b) : real(a) == real(b);
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            boolean equal =
                    left.size() == right.size() && (a instanceof Tuple == b instanceof Tuple);
            for (int i = 0; equal && i < left.size(); i++) {
                equal = isEqual(left.get(i), right.get(i));
            }
            return equal;
        }
        if (a instanceof Undefined || b instanceof Undefined) {
            return a instanceof Undefined && b instanceof Undefined;
        }
        return Objects.equals(a, b);
    }

    /** Order of two numbers, two texts or two lists. */
    static int compare(Object a, Object b) {
        if (isNumber(a) && isNumber(b)) {
            return isInteger(a) && isInteger(b)
                    ? Long.compare(integer(a), integer(b))
                    : Double.compare(real(a), real(b));
        }
        if (a instanceof String left && b instanceof String right) {
            return PythonText.compare(left, right);
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
                if (!isEqual(left.get(i), right.get(i))) {
                    return compare(left.get(i), right.get(i));
                }
            }
            return Integer.compare(left.size(), right.size());
        }
        throw TemplateException.failed("no order between " + typeName(a) + " and " + typeName(b));
    }

    /** {@code item in container}. */
    static boolean contains(Object container, Object item) {
        if (container instanceof String text) {
            if (item instanceof String part) {
                return text.contains(part);
            }
            throw TemplateException.failed(typeName(item) + " cannot be in a text");
        }
        if (container instanceof Map<?, ?> map) {
            return map.containsKey(item);
        }
        if (container instanceof List<?>
                || container instanceof Undefined
                || container instanceof Generator) {
            return items(container).stream().anyMatch(each -> isEqual(each, item));
        }
        throw TemplateException.failed("nothing can be in " + typeName(container));
    }

    static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    static boolean isInteger(Object value) {
        return value instanceof Boolean || (value instanceof Number && !(value instanceof Double));
    }

    static long integer(Object value) {
        if (value instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        if (isInteger(value)) {
            return ((Number) value).longValue();
        }
        throw TemplateException.failed(typeName(value) + " is no whole number");
    }

    static double real(Object value) {
        if (value instanceof Double real) {
            return real;
        }
        return integer(value);
    }

    /** Python's word for the kind of a value. */
    static String typeName(Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Undefined undefined) {
            return "'" + undefined.name() + "', which is undefined,";
        }
        if (value instanceof Boolean) {
            return "a bool";
        }
        if (value instanceof String) {
            return "a str";
        }
        if (value instanceof Number) {
            return value instanceof Double ? "a float" : "an int";
        }
        if (value instanceof Map<?, ?>) {
            return "a dict";
        }
        return value instanceof List<?> ? "a list" : "an object";
    }
}

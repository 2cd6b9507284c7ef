package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's operators. */
final class Operators {
    private Operators() {}

    /** Arithmetic on two values. */
    static Object arithmetic(String operator, Object a, Object b, Limits limits) {
        boolean numbers = Python.isNumber(a) && Python.isNumber(b);
        if (numbers) {
            boolean whole = Python.isInteger(a) && Python.isInteger(b) && !operator.equals("/");
            return whole
                    ? integers(operator, Python.integer(a), Python.integer(b))
                    : reals(operator, Python.real(a), Python.real(b));
        }
        if (operator.equals("+") && a instanceof String left && b instanceof String right) {
            limits.requireChars((long) left.length() + right.length());
            return left + right;
        }
        if (operator.equals("+") && a instanceof List<?> left && b instanceof List<?> right) {
            return joined(left, right);
        }
        if (operator.equals("*") && a instanceof String text && Python.isInteger(b)) {
            return repeated(text, Python.integer(b), limits);
        }
        if (operator.equals("%") && a instanceof String form) {
            return TextFormat.percent(form, b instanceof Tuple tuple ? tuple : Tuple.of(b), limits);
        }
        throw TemplateException.failed(
                "no '%s' between %s and %s"
                        .formatted(operator, Python.typeName(a), Python.typeName(b)));
    }

    private static Object joined(List<?> left, List<?> right) {
        Limits.requireItems((long) left.size() + right.size());
        List<Object> all = new ArrayList<>(left);
        all.addAll(right);
        return left instanceof Tuple ? new Tuple(all) : all;
    }

    static String repeated(String text, long times, Limits limits) {
        long count = Math.max(0, times);
        limits.requireChars(
                Math.multiplyHigh(text.length(), count) != 0
                        ? Long.MAX_VALUE
                        : text.length() * count);
        return text.repeat((int) count);
    }

    private static Object integers(String operator, long a, long b) {
        try {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "//" -> Math.floorDiv(a, b);
                case "%" -> Math.floorMod(a, b);
                default -> power(a, b);
            };
        } catch (ArithmeticException e) {
            throw TemplateException.failed("a number out of range, or a division by zero");
        }
    }

    private static Object power(long a, long b) {
        if (b < 0) {
            return Math.pow((double) a, (double) b);
        }
        if (b > 64) {
            throw TemplateException.failed("a power above 64");
        }
        long result = 1;
        for (long i = 0; i < b; i++) {
            result = Math.multiplyExact(result, a);
        }
        return result;
    }

    private static Object reals(String operator, double a, double b) {
        boolean divides = !operator.equals("+") && !operator.equals("-") && !operator.equals("*");
        if (divides && b == 0 && !operator.equals("**")) {
            throw TemplateException.failed("a division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            default -> Math.pow(a, b);
        };
    }

    static Object negated(Object value) {
        if (Python.isInteger(value)) {
            return Math.negateExact(Python.integer(value));
        }
        return -Python.real(value);
    }

    static boolean compares(String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> Python.isEqual(a, b);
            case "!=" -> !Python.isEqual(a, b);
            case "<" -> Python.compare(a, b) < 0;
            case "<=" -> Python.compare(a, b) <= 0;
            case ">" -> Python.compare(a, b) > 0;
            case ">=" -> Python.compare(a, b) >= 0;
            case "in" -> Python.contains(b, a);
            default -> !Python.contains(b, a);
        };
    }
}

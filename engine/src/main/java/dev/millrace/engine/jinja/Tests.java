package dev.millrace.engine.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The tests that {@code is} knows. */
final class Tests {

    /** Whether something holds of a value. */
    interface Test {
        boolean holds(Object value, Arguments arguments);
    }

    private static final Map<String, Test> ALL = new HashMap<>();

    static {
        kinds();
        numbers();
        comparisons();
    }

    private Tests() {}

    /** The test with a name; null if there is none. */
    static Test named(String name) {
        return ALL.get(name);
    }

    private static void kinds() {
        ALL.put("defined", (v, a) -> !(v instanceof Undefined));
        ALL.put("undefined", (v, a) -> v instanceof Undefined);
        ALL.put("none", (v, a) -> v == null);
        ALL.put("boolean", (v, a) -> v instanceof Boolean);
        ALL.put("true", (v, a) -> Boolean.TRUE.equals(v));
        ALL.put("false", (v, a) -> Boolean.FALSE.equals(v));
        ALL.put("string", (v, a) -> v instanceof String);
        ALL.put("number", (v, a) -> Python.isNumber(v));
        ALL.put("integer", (v, a) -> v instanceof Number && Python.isInteger(v));
        ALL.put("float", (v, a) -> v instanceof Double);
        ALL.put("mapping", (v, a) -> v instanceof Map<?, ?>);
        ALL.put("iterable", (v, a) -> isSequence(v) || v instanceof Undefined);
        ALL.put("sequence", (v, a) -> isSequence(v) || v instanceof Undefined);
        ALL.put("callable", (v, a) -> v instanceof Function);
        ALL.put("lower", (v, a) -> hasCase(Python.text(v), false));
        ALL.put("upper", (v, a) -> hasCase(Python.text(v), true));
        ALL.put("filter", (v, a) -> v instanceof String name && Filters.named(name) != null);
        ALL.put("test", (v, a) -> v instanceof String name && named(name) != null);
    }

    private static boolean isSequence(Object value) {
        return value instanceof List<?> || value instanceof Map<?, ?> || value instanceof String;
    }

    private static boolean hasCase(String text, boolean upper) {
        String changed = upper ? text.toUpperCase(Locale.ROOT) : text.toLowerCase(Locale.ROOT);
        String other = upper ? text.toLowerCase(Locale.ROOT) : text.toUpperCase(Locale.ROOT);
        return text.equals(changed) && !text.equals(other);
    }

    private static void numbers() {
        ALL.put("odd", (v, a) -> Math.floorMod(Python.integer(v), 2L) == 1);
        ALL.put("even", (v, a) -> Math.floorMod(Python.integer(v), 2L) == 0);
        ALL.put("divisibleby", Tests::isDivisible);
    }

    private static boolean isDivisible(Object value, Arguments arguments) {
        long divisor = arguments.integer(0, "num", 0);
        if (divisor == 0) {
            throw TemplateException.failed("a division by zero");
        }
        return Python.integer(value) % divisor == 0;
    }

    private static void comparisons() {
        ALL.put("sameas", (v, a) -> isSame(v, a.get(0, "other", null)));
        ALL.put("in", (v, a) -> Python.contains(a.get(0, "seq", null), v));
        Map.of(
                        "==", List.of("eq", "equalto", "=="),
                        "!=", List.of("ne", "!="),
                        "<", List.of("lt", "lessthan", "<"),
                        "<=", List.of("le", "<="),
                        ">", List.of("gt", "greaterthan", ">"),
                        ">=", List.of("ge", ">="))
                .forEach(Tests::comparison);
    }

    private static void comparison(String operator, List<String> names) {
        for (String name : names) {
            ALL.put(name, (v, a) -> Operators.compares(operator, v, a.get(0, "other", null)));
        }
    }

    private static boolean isSame(Object a, Object b) {
        boolean plain = a == null || a instanceof Boolean || a instanceof Number;
        return plain ? Objects.equals(a, b) : a == b;
    }
}

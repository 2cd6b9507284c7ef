package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code value.name}, {@code value[key]} and {@code value[from:to:step]}. */
final class Access {
    private Access() {}

    /** {@code value.name}: an attribute, else an item. */
    static Object attribute(Object value, String name) {
        refuseUndefined(value, name);
        if (value instanceof Namespace namespace) {
            return namespace.get(name);
        }
        Object attribute = ownAttribute(value, name);
        if (attribute == null && value instanceof Map<?, ?> map && map.containsKey(name)) {
            return map.get(name);
        }
        return attribute == null ? new Undefined(name) : attribute;
    }

    /** {@code value[key]}: an item, else an attribute. */
    static Object item(Object value, Object key) {
        refuseUndefined(value, "an item");
        if (value instanceof Map<?, ?> map && map.containsKey(key)) {
            return map.get(key);
        }
        if (value instanceof Namespace namespace && key instanceof String name) {
            return namespace.get(name);
        }
        boolean sequence = value instanceof List<?> || value instanceof String;
        if (sequence && Python.isInteger(key)) {
            List<Object> items = Python.items(value);
            long index = Python.integer(key);
            long from = index < 0 ? index + items.size() : index;
            return from >= 0 && from < items.size()
                    ? items.get((int) from)
                    : new Undefined("item " + index);
        }
        Object attribute = key instanceof String name ? ownAttribute(value, name) : null;
        return attribute == null ? new Undefined(Python.typeName(key)) : attribute;
    }

    private static void refuseUndefined(Object value, String name) {
        if (value instanceof Undefined) {
            throw TemplateException.failed(Python.typeName(value) + " has no " + name);
        }
    }

    private static Object ownAttribute(Object value, String name) {
        if (value instanceof String text) {
            return PythonText.method(text, name);
        }
        if (value instanceof Map<?, ?> map) {
            return mapMethod(map, name);
        }
        if (value instanceof List<?> list) {
            return listMethod(list, name);
        }
        return value instanceof Loop loop ? loop.attribute(name) : null;
    }

    private static Function mapMethod(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (s, a) -> pairs(map);
            case "keys" -> (s, a) -> new ArrayList<Object>(map.keySet());
            case "values" -> (s, a) -> new ArrayList<Object>(map.values());
            case "get" ->
                    (s, a) -> {
                        Object key = a.get(0, "key", null);
                        return map.containsKey(key) ? map.get(key) : a.get(1, "default", null);
                    };
            case "copy" -> (s, a) -> new LinkedHashMap<Object, Object>(map);
            case "update", "pop", "popitem", "setdefault", "clear" -> changing(name);
            default -> null;
        };
    }

    private static Function listMethod(List<?> list, String name) {
        return switch (name) {
            case "index" ->
                    (s, a) -> {
                        for (int i = 0; i < list.size(); i++) {
                            if (Python.isEqual(list.get(i), a.get(0, "value", null))) {
                                return (long) i;
                            }
                        }
                        throw TemplateException.failed("a value that is not in the list");
                    };
            case "count" ->
                    (s, a) ->
                            list.stream()
                                    .filter(i -> Python.isEqual(i, a.get(0, "value", null)))
                                    .count();
            case "copy" -> (s, a) -> new ArrayList<Object>(list);
            case "append", "extend", "insert", "pop", "remove", "reverse", "sort", "clear" ->
                    changing(name);
            default -> null;
        };
    }

    /** As transformers' sandbox, which lets templates change no value. */
    private static Function changing(String name) {
        return (s, a) -> {
            throw TemplateException.failed("the method '" + name + "', which would change a value");
        };
    }

    static List<Object> pairs(Map<?, ?> map) {
        List<Object> pairs = new ArrayList<>();
        map.forEach((key, value) -> pairs.add(Tuple.of(key, value)));
        return pairs;
    }

    /** Python's slice; null for a bound that is left out. */
    static Object slice(Object value, Object from, Object to, Object step) {
        refuseUndefined(value, "slices");
        if (!(value instanceof List<?> || value instanceof String)) {
            throw TemplateException.failed(Python.typeName(value) + " cannot be sliced");
        }
        List<Object> items = Python.items(value);
        long stride = step == null ? 1 : Python.integer(step);
        if (stride == 0) {
            throw TemplateException.failed("a slice with step 0");
        }
        long size = items.size();
        long first = stride > 0 ? 0 : size - 1;
        long last = stride > 0 ? size : -1;
        long start = from == null ? first : clipped(Python.integer(from), size, stride);
        long end = to == null ? last : clipped(Python.integer(to), size, stride);
        List<Object> slice = new ArrayList<>();
        for (long i = start; stride > 0 ? i < end : i > end; i += stride) {
            slice.add(items.get((int) i));
        }
        if (value instanceof String) {
            StringBuilder text = new StringBuilder();
            slice.forEach(text::append);
            return text.toString();
        }
        return value instanceof Tuple ? new Tuple(slice) : slice;
    }

    private static long clipped(long index, long size, long stride) {
        long from = index < 0 ? index + size : index;
        long least = stride > 0 ? 0 : -1;
        long most = stride > 0 ? size : size - 1;
        return Math.max(least, Math.min(most, from));
    }
}

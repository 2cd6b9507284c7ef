package dev.millrace.engine.jinja;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a function, filter or test is called with.
 *
 * @param positional in their order
 * @param named by their names
 */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(Object... values) {
        return new Arguments(Arrays.asList(values), Map.of());
    }

    int size() {
        return positional.size() + named.size();
    }

    /** The argument at a place or with a name, or what stands for it. */
    Object get(int index, String name, Object fallback) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        return named.getOrDefault(name, fallback);
    }

    boolean has(int index, String name) {
        return index < positional.size() || named.containsKey(name);
    }

    /** The text at a place. */
    String text(int index, String name) {
        Object value = get(index, name, null);
        if (value instanceof String text) {
            return text;
        }
        throw TemplateException.failed(
                "an argument that is " + Python.typeName(value) + " instead of a text");
    }

    /** The whole number at a place or with a name. */
    long integer(int index, String name, long fallback) {
        return Python.integer(get(index, name, fallback));
    }

    boolean truth(int index, String name, boolean fallback) {
        return Python.isTrue(get(index, name, fallback));
    }

    /** Refuses more arguments than a function has. */
    Arguments atMost(int count) {
        if (size() > count) {
            throw TemplateException.failed("more than " + count + " arguments");
        }
        return this;
    }
}

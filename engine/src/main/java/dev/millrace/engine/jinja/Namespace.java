package dev.millrace.engine.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** The one object whose attributes a template can set. */
final class Namespace {
    private final Map<String, Object> attributes = new LinkedHashMap<>();

    Namespace(Map<String, Object> attributes) {
        this.attributes.putAll(attributes);
    }

    Object get(String name) {
        return attributes.containsKey(name) ? attributes.get(name) : new Undefined(name);
    }

    void set(String name, Object value) {
        attributes.put(name, value);
    }
}

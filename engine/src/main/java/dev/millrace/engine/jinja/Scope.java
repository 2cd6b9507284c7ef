package dev.millrace.engine.jinja;

import java.util.HashMap;
import java.util.Map;

/** Variables that are visible at one place of a template; what is set in an inner scope is not seen outside. */
final class Scope {
    private final Scope parent;
    private final Limits limits;
    private final int calls;
    private final Map<String, Object> values = new HashMap<>();

    private Scope(Scope parent, Limits limits, int calls) {
        this.parent = parent;
        this.limits = limits;
        this.calls = calls;
    }

    static Scope root(Map<String, ?> variables, Limits limits) {
        Scope scope = new Scope(null, limits, 0);
        scope.values.putAll(Globals.ALL);
        variables.forEach(scope.values::put);
        return scope;
    }

    Scope child() {
        return new Scope(this, limits, calls);
    }

    /** The scope of a macro's body, called from {@code caller}. */
    Scope call(Scope caller) {
        if (caller.calls >= Limits.MAX_CALLS) {
            throw TemplateException.failed("macros that call each other too deeply");
        }
        return new Scope(this, limits, caller.calls + 1);
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.values.get(name);
            if (value != null || scope.values.containsKey(name)) {
                return value;
            }
        }
        return new Undefined(name);
    }

    void set(String name, Object value) {
        values.put(name, value);
    }

    Limits limits() {
        return limits;
    }
}

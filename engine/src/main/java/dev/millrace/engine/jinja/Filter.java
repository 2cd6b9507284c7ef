package dev.millrace.engine.jinja;

/** A filter: what becomes of a value. */
interface Filter {
    Object apply(Scope scope, Object value, Arguments arguments);
}

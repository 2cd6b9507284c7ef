package dev.millrace.engine.jinja;

/**
 * Something with a value: null for None, Boolean, Long, Double, String, List (a {@link Tuple} is one too), Map, {@link
 * Undefined}, {@link Namespace} or {@link Function}.
 */
interface Expression {
    Object evaluate(Scope scope);
}

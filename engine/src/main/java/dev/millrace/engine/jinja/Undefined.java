package dev.millrace.engine.jinja;

/**
 * What a variable is that nobody has set: prints as nothing, counts as false, has no elements; anything else fails.
 *
 * @param name of the variable, attribute or item
 */
record Undefined(String name) {}

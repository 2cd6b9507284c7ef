package dev.millrace.engine.jinja;

/** Something that can be called: a macro, a global function or a method of a value. */
interface Function {
    Object call(Scope scope, Arguments arguments);
}

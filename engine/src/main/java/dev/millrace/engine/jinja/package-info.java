/**
 * Jinja as Python's jinja2 has it under transformers' settings, as far as chat templates go: values behave as Python's, what is
 * not known is refused, and a template can reach nothing but its variables.
 */
package dev.millrace.engine.jinja;

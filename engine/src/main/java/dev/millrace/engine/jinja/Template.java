package dev.millrace.engine.jinja;

import java.util.Map;

/**
 * A template, read once and rendered as often as wanted.
 *
 * <p>Thread-safety: immutable.
 */
public final class Template {
    private final Node root;

    private Template(Node root) {
        this.root = root;
    }

    /**
     * Reads a template.
     *
     * @throws TemplateException if it has a mistake in its syntax, or uses what is not known
     */
    public static Template parse(String source) {
        try {
            return new Template(TemplateParser.parse(source));
        } catch (StackOverflowError e) {
            throw TemplateException.syntax("blocks or expressions nested too deeply", 0);
        }
    }

    /**
     * Writes it out.
     *
     * @param variables values of JSON by their names: maps, lists, texts, numbers, booleans, null
     * @throws TemplateException if it fails on them, refuses them, or writes more than allowed
     */
    public String render(Map<String, ?> variables, Limits limits) {
        try {
            // What the template sets is its own; it must not hide the functions of later
            // renderings.
            return root.text(Scope.root(variables, limits).child());
        } catch (StackOverflowError e) {
            throw TemplateException.failed("values or calls nested too deeply");
        } catch (ArithmeticException e) {
            throw TemplateException.failed("a number out of range");
        }
    }
}

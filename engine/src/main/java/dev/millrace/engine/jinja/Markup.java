package dev.millrace.engine.jinja;

/**
 * Text that jinja2 takes for markup, as the filters {@code safe} and {@code escape} make it: plain text that is added to it is escaped,
 * though templates of chats do not escape what they print. Some published templates have that in their sums, and models were trained
 * on what came out. Markup that goes through a variable is plain text here.
 */
record Markup(Expression text) implements Expression {

    @Override
    public Object evaluate(Scope scope) {
        return text.evaluate(scope);
    }

    /** The sum of two expressions, of which one at least is markup; so is the sum. */
    static Markup sum(Expression left, Expression right) {
        return new Markup(
                scope ->
                        Operators.arithmetic(
                                "+", marked(left, scope), marked(right, scope), scope.limits()));
    }

    private static Object marked(Expression part, Scope scope) {
        Object value = part.evaluate(scope);
        return value instanceof String text && !(part instanceof Markup)
                ? Filters.escaped(text, scope.limits())
                : value;
    }
}

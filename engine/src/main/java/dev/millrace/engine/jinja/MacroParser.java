package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code macro} and {@code call}. */
final class MacroParser {
    private final TemplateParser template;

    MacroParser(TemplateParser template) {
        this.template = template;
    }

    Node macro(Segment segment) {
        ExpressionParser parser = template.expression(segment.rest(), segment.line());
        String name = parser.name();
        parser.expect("(");
        Signature signature = signature(parser);
        parser.end();
        Node body = template.body("endmacro", segment.line());
        return (scope, out) -> {
            scope.set(name, new Macro(name, signature, body, scope));
            return Node.Flow.NEXT;
        };
    }

    /** {@code {% call(parameters) macro(arguments) %}}: the block is the macro's {@code caller}. */
    Node call(Segment segment) {
        ExpressionParser parser = template.expression(segment.rest(), segment.line());
        Signature signature =
                parser.take("(") ? signature(parser) : new Signature(List.of(), List.of());
        Expression callee = parser.callee();
        parser.expect("(");
        PostfixParser.ArgumentsExpression arguments = new PostfixParser(parser).arguments();
        parser.end();
        Node body = template.body("endcall", segment.line());
        return (scope, out) -> {
            if (!(callee.evaluate(scope) instanceof Macro macro)) {
                throw TemplateException.failed("a call block of what is no macro");
            }
            Macro caller = new Macro("caller", signature, body, scope);
            out.write(macro.call(scope, arguments.evaluate(scope), caller));
            return Node.Flow.NEXT;
        };
    }

    /**
     * Parameters of a macro.
     *
     * @param names in their order
     * @param defaults for each name; null for none
     */
    record Signature(List<String> names, List<Expression> defaults) {}

    private static Signature signature(ExpressionParser parser) {
        List<String> names = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        while (!parser.take(")")) {
            names.add(parser.name());
            defaults.add(parser.take("=") ? parser.expression() : null);
            if (!parser.peek().is(")")) {
                parser.expect(",");
            }
        }
        return new Signature(names, defaults);
    }
}

package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;

/** Reads {@code set}, {@code with} and {@code filter}. */
final class SetParser {
    private final TemplateParser template;

    SetParser(TemplateParser template) {
        this.template = template;
    }

    Node read(Segment segment) {
        ExpressionParser parser = template.expression(segment.rest(), segment.line());
        Target target = Target.read(parser);
        if (parser.take("=")) {
            Expression value = parser.tuple();
            parser.end();
            return (scope, out) -> {
                target.assign(scope, value.evaluate(scope));
                return Node.Flow.NEXT;
            };
        }
        Filtered filtered = filtered(parser, parser.take("|"));
        Node body = template.body("endset", segment.line());
        return (scope, out) -> {
            target.assign(scope, filtered.evaluate(scope, body));
            return Node.Flow.NEXT;
        };
    }

    Node filter(Segment segment) {
        ExpressionParser parser = template.expression(segment.rest(), segment.line());
        Filtered filtered = filtered(parser, true);
        Node body = template.body("endfilter", segment.line());
        return (scope, out) -> {
            out.write(Python.text(filtered.evaluate(scope, body)));
            return Node.Flow.NEXT;
        };
    }

    /** What filters make of what a block writes. */
    private interface Filtered {
        Object evaluate(Scope scope, Node body);
    }

    /** Reads filters; {@code any} tells whether there are some. */
    private static Filtered filtered(ExpressionParser parser, boolean any) {
        // The block's text gets a name that no template can have.
        String name = "the text of the block";
        Expression text = scope -> scope.get(name);
        PostfixParser postfix = new PostfixParser(parser);
        Expression value = any ? postfix.filters(postfix.filter(text)) : text;
        parser.end();
        return (scope, body) -> {
            Scope inner = scope.child();
            inner.set(name, body.text(scope.child()));
            return value.evaluate(inner);
        };
    }

    Node with(Segment segment) {
        ExpressionParser parser = template.expression(segment.rest(), segment.line());
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (parser.peek().kind() != Token.Kind.END) {
            targets.add(new Target(List.of(parser.name()), null, false));
            parser.expect("=");
            values.add(parser.expression());
            if (!parser.take(",")) {
                break;
            }
        }
        parser.end();
        Node body = template.body("endwith", segment.line());
        return (scope, out) -> {
            Scope inner = scope.child();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, values.get(i).evaluate(scope));
            }
            return body.render(inner, out);
        };
    }
}

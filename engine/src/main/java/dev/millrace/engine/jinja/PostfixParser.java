package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads what follows a value: attributes, items, slices, calls, filters and tests. */
final class PostfixParser {
    private static final Set<String> MARKUP = Set.of("safe", "escape", "e");

    private static final Set<Token.Kind> OPERANDS =
            Set.of(Token.Kind.NAME, Token.Kind.STRING, Token.Kind.INTEGER, Token.Kind.REAL);

    private final ExpressionParser parser;

    PostfixParser(ExpressionParser parser) {
        this.parser = parser;
    }

    Expression read(Expression start) {
        Expression value = start;
        while (true) {
            if (parser.take(".")) {
                value = dot(value);
            } else if (parser.take("[")) {
                value = subscript(value);
            } else if (parser.take("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    private Expression dot(Expression value) {
        Token token = parser.next();
        if (token.kind() == Token.Kind.INTEGER && token.text().matches("\\d{1,9}")) {
            long index = Long.parseLong(token.text());
            return scope -> Access.item(value.evaluate(scope), index);
        }
        if (token.kind() != Token.Kind.NAME) {
            throw parser.error("'" + token.text() + "' where a name belongs");
        }
        String name = token.text();
        return scope -> Access.attribute(value.evaluate(scope), name);
    }

    private Expression subscript(Expression value) {
        Expression from = parser.peek().is(":") ? null : parser.tuple();
        if (parser.take("]")) {
            return scope -> Access.item(value.evaluate(scope), from.evaluate(scope));
        }
        parser.expect(":");
        Expression to = bound();
        Expression step = parser.take(":") ? bound() : null;
        parser.expect("]");
        return scope ->
                Access.slice(
                        value.evaluate(scope),
                        value(from, scope),
                        value(to, scope),
                        value(step, scope));
    }

    private Expression bound() {
        return parser.peek().is(":") || parser.peek().is("]") ? null : parser.expression();
    }

    private static Object value(Expression expression, Scope scope) {
        return expression == null ? null : expression.evaluate(scope);
    }

    private Expression call(Expression callee) {
        ArgumentsExpression arguments = arguments();
        return scope -> {
            scope.limits().check().run();
            Object called = callee.evaluate(scope);
            Object function = called instanceof Loop loop ? loop.recurse() : called;
            if (function instanceof Function f) {
                return f.call(scope, arguments.evaluate(scope));
            }
            throw TemplateException.failed(Python.typeName(called) + " cannot be called");
        };
    }

    /** Arguments as they stand in the template. */
    interface ArgumentsExpression {
        Arguments evaluate(Scope scope);
    }

    /** Reads arguments behind their opening parenthesis. */
    ArgumentsExpression arguments() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Expression list = null;
        Expression map = null;
        while (!parser.take(")")) {
            if (parser.take("*")) {
                list = parser.expression();
            } else if (parser.take("**")) {
                map = parser.expression();
            } else {
                argument(positional, named);
            }
            if (!parser.peek().is(")")) {
                parser.expect(",");
            }
        }
        return arguments(positional, named, list, map);
    }

    private void argument(List<Expression> positional, Map<String, Expression> named) {
        Expression value = parser.expression();
        if (parser.take("=")) {
            named.put(lastName(), parser.expression());
        } else if (named.isEmpty()) {
            positional.add(value);
        } else {
            throw parser.error("an argument without a name behind one with a name");
        }
    }

    /** {@code list} and {@code map} hold more arguments; null for none. */
    private static ArgumentsExpression arguments(
            List<Expression> positional,
            Map<String, Expression> named,
            Expression list,
            Expression map) {
        return scope -> {
            List<Object> values = ExpressionParser.values(positional, scope);
            if (list != null) {
                values.addAll(Python.items(list.evaluate(scope)));
            }
            Map<String, Object> byName = new LinkedHashMap<>();
            named.forEach((name, value) -> byName.put(name, value.evaluate(scope)));
            if (map != null && map.evaluate(scope) instanceof Map<?, ?> more) {
                more.forEach((name, value) -> byName.put(Python.text(name), value));
            }
            return new Arguments(values, byName);
        };
    }

    /** The name in front of the equals sign that was just taken. */
    private String lastName() {
        Token token = parser.before(2);
        if (token.kind() != Token.Kind.NAME) {
            throw parser.error("'=' where no name goes before");
        }
        return token.text();
    }

    /** Filters and tests, and what may follow them. */
    Expression filters(Expression start) {
        Expression value = start;
        while (true) {
            if (parser.take("|")) {
                value = filter(value);
            } else if (parser.takeName("is")) {
                value = test(value);
            } else if (parser.take("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    /** Reads a filter behind its bar. */
    Expression filter(Expression value) {
        String name = parser.name();
        ArgumentsExpression arguments = parser.take("(") ? arguments() : scope -> Arguments.NONE;
        Filter filter = Filters.named(name);
        if (filter == null && !parser.conditional()) {
            throw parser.error("the unknown filter '" + name + "'");
        }
        Expression filtered =
                scope -> {
                    if (filter == null) {
                        throw TemplateException.failed("the unknown filter '" + name + "'");
                    }
                    return filter.apply(scope, value.evaluate(scope), arguments.evaluate(scope));
                };
        return MARKUP.contains(name) ? new Markup(filtered) : filtered;
    }

    private Expression test(Expression value) {
        boolean wanted = !parser.takeName("not");
        String name = parser.name();
        ArgumentsExpression arguments = testArguments();
        Tests.Test test = Tests.named(name);
        if (test == null && !parser.conditional()) {
            throw parser.error("the unknown test '" + name + "'");
        }
        return scope -> {
            if (test == null) {
                throw TemplateException.failed("the unknown test '" + name + "'");
            }
            return test.holds(value.evaluate(scope), arguments.evaluate(scope)) == wanted;
        };
    }

    /** In parentheses, or one operand without. */
    private ArgumentsExpression testArguments() {
        if (parser.take("(")) {
            return arguments();
        }
        Token next = parser.peek();
        boolean word =
                next.isName("else")
                        || next.isName("or")
                        || next.isName("and")
                        || next.isName("is")
                        || next.isName("if")
                        || next.isName("in")
                        || next.isName("not");
        boolean operand = OPERANDS.contains(next.kind()) || next.is("[") || next.is("{");
        if (word || !operand) {
            return scope -> Arguments.NONE;
        }
        Expression argument = read(new PrimaryParser(parser).read());
        return scope -> Arguments.of(argument.evaluate(scope));
    }
}

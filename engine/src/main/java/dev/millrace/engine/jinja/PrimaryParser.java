package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what an expression begins with: names, literals, parentheses, lists and maps. */
final class PrimaryParser {
    private final ExpressionParser parser;

    PrimaryParser(ExpressionParser parser) {
        this.parser = parser;
    }

    Expression read() {
        Token token = parser.next();
        return switch (token.kind()) {
            case NAME -> name(token.text());
            case STRING -> string(token.text());
            case INTEGER -> constant(integer(token.text()));
            case REAL -> constant(Double.valueOf(token.text()));
            case OPERATOR -> bracket(token);
            case END -> throw parser.error("a tag that ends where a value belongs");
        };
    }

    private static Expression constant(Object value) {
        return scope -> value;
    }

    private Expression name(String name) {
        return switch (name) {
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(null);
            case "if", "else", "elif", "and", "or", "not", "in", "is" ->
                    throw parser.error("'" + name + "' where a value belongs");
            default -> scope -> scope.get(name);
        };
    }

    /** Texts one after another are one. */
    private Expression string(String first) {
        StringBuilder text = new StringBuilder(first);
        while (parser.peek().kind() == Token.Kind.STRING) {
            text.append(parser.next().text());
        }
        return constant(text.toString());
    }

    private Object integer(String text) {
        try {
            return Long.valueOf(text.replace("_", ""));
        } catch (NumberFormatException e) {
            throw parser.error("a number out of range");
        }
    }

    private Expression bracket(Token token) {
        return switch (token.text()) {
            case "(" -> parenthesis();
            case "[" -> list();
            case "{" -> map();
            default -> throw parser.error("'" + token.text() + "' where a value belongs");
        };
    }

    private Expression parenthesis() {
        if (parser.take(")")) {
            return scope -> new Tuple(List.of());
        }
        Expression inner = parser.tuple();
        parser.expect(")");
        return inner;
    }

    private Expression list() {
        List<Expression> items = new ArrayList<>();
        while (!parser.take("]")) {
            items.add(parser.expression());
            if (!parser.peek().is("]")) {
                parser.expect(",");
            }
        }
        return scope -> ExpressionParser.values(items, scope);
    }

    private Expression map() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!parser.take("}")) {
            keys.add(parser.expression());
            parser.expect(":");
            values.add(parser.expression());
            if (!parser.peek().is("}")) {
                parser.expect(",");
            }
        }
        return scope -> {
            Map<Object, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                map.put(keys.get(i).evaluate(scope), values.get(i).evaluate(scope));
            }
            return map;
        };
    }
}

package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * What a value is given to: a name, several names, or an attribute of a namespace.
 *
 * @param names one, or those of a tuple
 * @param attribute of the namespace that the name holds; null for none
 * @param tuple whether the value is taken apart
 */
record Target(List<String> names, String attribute, boolean tuple) {

    static Target read(ExpressionParser parser) {
        boolean parenthesis = parser.take("(");
        List<String> names = new ArrayList<>(List.of(parser.name()));
        if (!parenthesis && parser.take(".")) {
            return new Target(names, parser.name(), false);
        }
        boolean tuple = false;
        while (parser.take(",")) {
            tuple = true;
            if (parser.peek().kind() == Token.Kind.NAME && !parser.peek().isName("in")) {
                names.add(parser.name());
            }
        }
        if (parenthesis) {
            parser.expect(")");
        }
        return new Target(names, null, tuple);
    }

    void assign(Scope scope, Object value) {
        if (attribute != null) {
            if (!(scope.get(names.get(0)) instanceof Namespace namespace)) {
                throw TemplateException.failed(
                        "an attribute set of '" + names.get(0) + "', which is no namespace");
            }
            namespace.set(attribute, value);
        } else if (tuple) {
            List<Object> items = Python.items(value);
            if (items.size() != names.size()) {
                throw TemplateException.failed(
                        items.size() + " values for " + names.size() + " names");
            }
            for (int i = 0; i < names.size(); i++) {
                scope.set(names.get(i), items.get(i));
            }
        } else {
            scope.set(names.get(0), value);
        }
    }
}

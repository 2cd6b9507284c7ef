package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads expressions by jinja2's grammar.
 *
 * <p>Source: https://jinja.palletsprojects.com/en/stable/templates/#expressions and jinja2's {@code parser.py}.
 */
final class ExpressionParser {
    private static final int MAX_DEPTH = 100;
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final List<Token> tokens;
    private final int line;

    /** Unknown filters in what may not be reached are refused when they are reached, as jinja2 does. */
    private final boolean conditional;

    private int at;
    private int depth;

    ExpressionParser(String source, int line, boolean conditional) {
        this.tokens = ExpressionLexer.tokens(source, line);
        this.line = line;
        this.conditional = conditional;
    }

    int line() {
        return line;
    }

    boolean conditional() {
        return conditional;
    }

    Token peek() {
        return tokens.get(at);
    }

    Token next() {
        Token token = tokens.get(at);
        at += token.kind() == Token.Kind.END ? 0 : 1;
        return token;
    }

    /** The token so many before the next one. */
    Token before(int count) {
        return tokens.get(Math.max(0, at - count));
    }

    boolean take(String operator) {
        boolean taken = peek().is(operator);
        at += taken ? 1 : 0;
        return taken;
    }

    boolean takeName(String name) {
        boolean taken = peek().isName(name);
        at += taken ? 1 : 0;
        return taken;
    }

    void expect(String operator) {
        if (!take(operator)) {
            throw error("'" + peek().text() + "' where '" + operator + "' belongs");
        }
    }

    String name() {
        if (peek().kind() != Token.Kind.NAME) {
            throw error("'" + peek().text() + "' where a name belongs");
        }
        return next().text();
    }

    void end() {
        if (peek().kind() != Token.Kind.END) {
            throw error("'" + peek().text() + "' where the tag should end");
        }
    }

    TemplateException error(String message) {
        return TemplateException.syntax(message, line);
    }

    /** One expression, or several with commas between, which are a tuple. */
    Expression tuple() {
        Expression first = expression();
        if (!peek().is(",")) {
            return first;
        }
        List<Expression> all = new ArrayList<>(List.of(first));
        while (take(",")) {
            boolean ends = peek().kind() == Token.Kind.END || peek().is(")") || peek().is("]");
            if (ends) {
                break;
            }
            all.add(expression());
        }
        return scope -> new Tuple(values(all, scope));
    }

    /** What a loop goes over; an if behind it is the loop's condition. */
    Expression looped() {
        Expression first = or();
        if (!peek().is(",")) {
            return first;
        }
        List<Expression> all = new ArrayList<>(List.of(first));
        while (take(",")) {
            all.add(or());
        }
        return scope -> new Tuple(values(all, scope));
    }

    /** A name with attributes, in front of the parenthesis of a call. */
    Expression callee() {
        String name = name();
        Expression value = scope -> scope.get(name);
        while (take(".")) {
            Expression base = value;
            String attribute = name();
            value = scope -> Access.attribute(base.evaluate(scope), attribute);
        }
        return value;
    }

    static List<Object> values(List<Expression> all, Scope scope) {
        List<Object> values = new ArrayList<>();
        for (Expression each : all) {
            values.add(each.evaluate(scope));
        }
        return values;
    }

    Expression expression() {
        if (++depth > MAX_DEPTH) {
            throw error("an expression that is nested too deeply");
        }
        Expression value = or();
        while (takeName("if")) {
            Expression then = value;
            Expression condition = or();
            Expression otherwise =
                    takeName("else") ? expression() : scope -> new Undefined("the else of an if");
            value =
                    scope ->
                            Python.isTrue(condition.evaluate(scope))
                                    ? then.evaluate(scope)
                                    : otherwise.evaluate(scope);
        }
        depth--;
        return value;
    }

    /** Without an if of its own, as in {@code for x in EXPRESSION if CONDITION}. */
    Expression or() {
        Expression left = and();
        while (takeName("or")) {
            Expression first = left;
            Expression second = and();
            left =
                    scope -> {
                        Object value = first.evaluate(scope);
                        return Python.isTrue(value) ? value : second.evaluate(scope);
                    };
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (takeName("and")) {
            Expression first = left;
            Expression second = not();
            left =
                    scope -> {
                        Object value = first.evaluate(scope);
                        return Python.isTrue(value) ? second.evaluate(scope) : value;
                    };
        }
        return left;
    }

    private Expression not() {
        int count = 0;
        while (takeName("not")) {
            count++;
        }
        Expression value = comparison();
        if (count == 0) {
            return value;
        }
        boolean odd = count % 2 == 1;
        return scope -> Python.isTrue(value.evaluate(scope)) != odd;
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        for (String operator = comparisonOperator();
                operator != null;
                operator = comparisonOperator()) {
            operators.add(operator);
            operands.add(sum());
        }
        return operators.isEmpty() ? first : scope -> compare(first, operators, operands, scope);
    }

    private String comparisonOperator() {
        if (peek().kind() == Token.Kind.OPERATOR && COMPARISONS.contains(peek().text())) {
            return next().text();
        }
        if (takeName("in")) {
            return "in";
        }
        if (peek().isName("not") && tokens.get(at + 1).isName("in")) {
            at += 2;
            return "not in";
        }
        return null;
    }

    private static boolean compare(
            Expression first, List<String> operators, List<Expression> operands, Scope scope) {
        Object left = first.evaluate(scope);
        for (int i = 0; i < operators.size(); i++) {
            Object right = operands.get(i).evaluate(scope);
            if (!Operators.compares(operators.get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Expression sum() {
        Expression left = concatenation();
        while (peek().is("+") || peek().is("-")) {
            String operator = next().text();
            Expression right = concatenation();
            boolean markup = left instanceof Markup || right instanceof Markup;
            left =
                    markup && operator.equals("+")
                            ? Markup.sum(left, right)
                            : arithmetic(operator, left, right);
        }
        return left;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!peek().is("~")) {
            return first;
        }
        List<Expression> all = new ArrayList<>(List.of(first));
        while (take("~")) {
            all.add(product());
        }
        return scope -> {
            Output out = new Output(scope.limits());
            values(all, scope).forEach(value -> out.write(Python.text(value)));
            return out.toString();
        };
    }

    private Expression product() {
        Expression left = power();
        while (peek().is("*") || peek().is("/") || peek().is("//") || peek().is("%")) {
            left = arithmetic(next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (take("**")) {
            left = arithmetic("**", left, unary(true));
        }
        return left;
    }

    private static Expression arithmetic(String operator, Expression left, Expression right) {
        return scope ->
                Operators.arithmetic(
                        operator, left.evaluate(scope), right.evaluate(scope), scope.limits());
    }

    private Expression unary(boolean filtered) {
        if (++depth > MAX_DEPTH) {
            throw error("an expression that is nested too deeply");
        }
        Expression value;
        PostfixParser postfix = new PostfixParser(this);
        if (take("-")) {
            Expression operand = unary(false);
            value = scope -> Operators.negated(operand.evaluate(scope));
        } else if (take("+")) {
            value = unary(false);
        } else {
            value = new PrimaryParser(this).read();
        }
        value = postfix.read(value);
        depth--;
        return filtered ? postfix.filters(value) : value;
    }
}

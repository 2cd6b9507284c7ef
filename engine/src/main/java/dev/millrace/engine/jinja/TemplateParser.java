package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Reads a template: what is not known is refused with its line. */
final class TemplateParser {
    private static final int MAX_DEPTH = 60;

    private final List<Segment> segments;
    private int at;
    private int depth;
    private int conditions;
    private int loops;

    private TemplateParser(List<Segment> segments) {
        this.segments = segments;
    }

    static Node parse(String source) {
        TemplateParser parser = new TemplateParser(TemplateLexer.segments(source));
        Node all = parser.block(Set.of());
        Segment end = parser.peek();
        if (end.kind() != Segment.Kind.END) {
            throw TemplateException.syntax("'" + end.name() + "' that ends nothing", end.line());
        }
        return all;
    }

    Segment peek() {
        return segments.get(at);
    }

    Segment next() {
        return segments.get(at++);
    }

    /** The parser of an expression that begins with {@code text}. */
    ExpressionParser expression(String text, int line) {
        return new ExpressionParser(text, line, conditions > 0);
    }

    /** All up to one of the statements {@code ends}, which stays. */
    Node block(Set<String> ends) {
        if (++depth > MAX_DEPTH) {
            throw TemplateException.syntax("blocks that are nested too deeply", peek().line());
        }
        List<Node> nodes = new ArrayList<>();
        while (peek().kind() != Segment.Kind.END && !isEnd(ends)) {
            nodes.add(node(next()));
        }
        depth--;
        return Node.sequence(nodes);
    }

    private boolean isEnd(Set<String> ends) {
        Segment segment = peek();
        return segment.kind() == Segment.Kind.STATEMENT
                && (ends.contains(segment.name()) || segment.name().startsWith("end"));
    }

    /** All up to the statement {@code end}, which is taken. */
    Node body(String end, int line) {
        Node body = block(Set.of(end));
        close(end, line);
        return body;
    }

    void close(String end, int line) {
        if (!peek().isStatement(end)) {
            throw TemplateException.syntax("a statement without '" + end + "'", line);
        }
        next();
    }

    private Node node(Segment segment) {
        return switch (segment.kind()) {
            case TEXT -> text(segment.text());
            case EXPRESSION -> print(segment);
            default -> statement(segment).at(segment.line());
        };
    }

    private static Node text(String text) {
        return (scope, out) -> {
            out.write(text);
            return Node.Flow.NEXT;
        };
    }

    private Node print(Segment segment) {
        ExpressionParser parser = expression(segment.text(), segment.line());
        Expression value = parser.tuple();
        parser.end();
        Node print =
                (scope, out) -> {
                    out.write(Python.text(value.evaluate(scope)));
                    return Node.Flow.NEXT;
                };
        return print.at(segment.line());
    }

    private Node statement(Segment segment) {
        return switch (segment.name()) {
            case "if" -> condition(segment);
            case "for" -> loop(segment);
            case "set" -> new SetParser(this).read(segment);
            case "macro" -> apart(() -> new MacroParser(this).macro(segment));
            case "call" -> apart(() -> new MacroParser(this).call(segment));
            case "filter" -> new SetParser(this).filter(segment);
            case "with" -> new SetParser(this).with(segment);
            case "break", "continue" -> jump(segment);
            // Marks what a model is trained on and writes nothing.
            case "generation" -> body("endgeneration", segment.line());
            default ->
                    throw TemplateException.syntax(
                            "the statement '" + segment.name() + "'", segment.line());
        };
    }

    /** A body that break and continue cannot leave. */
    private Node apart(Supplier<Node> parse) {
        int outer = loops;
        loops = 0;
        Node node = parse.get();
        loops = outer;
        return node;
    }

    private Node jump(Segment segment) {
        if (loops == 0) {
            throw TemplateException.syntax(
                    "'" + segment.name() + "' outside of a loop", segment.line());
        }
        boolean breaks = segment.name().equals("break");
        return (scope, out) -> breaks ? Node.Flow.BREAK : Node.Flow.CONTINUE;
    }

    private Node condition(Segment segment) {
        ExpressionParser parser = expression(segment.rest(), segment.line());
        Expression condition = parser.tuple();
        parser.end();
        conditions++;
        Node then = block(Set.of("elif", "else", "endif"));
        Node otherwise = otherwise(segment.line());
        conditions--;
        return (scope, out) ->
                Python.isTrue(condition.evaluate(scope))
                        ? then.render(scope, out)
                        : otherwise.render(scope, out);
    }

    private Node otherwise(int line) {
        if (peek().isStatement("elif")) {
            Segment elif = next();
            return condition(elif).at(elif.line());
        }
        if (peek().isStatement("else")) {
            next();
            return body("endif", line);
        }
        close("endif", line);
        return Node.sequence(List.of());
    }

    private Node loop(Segment segment) {
        ExpressionParser parser = expression(segment.rest(), segment.line());
        Target target = Target.read(parser);
        if (!parser.takeName("in")) {
            throw parser.error("a loop without 'in'");
        }
        Expression items = parser.looped();
        Expression condition = parser.takeName("if") ? parser.expression() : null;
        boolean recursive = parser.takeName("recursive");
        parser.end();
        loops++;
        Node body = block(Set.of("else", "endfor"));
        loops--;
        Node otherwise = Node.sequence(List.of());
        if (peek().isStatement("else")) {
            next();
            otherwise = block(Set.of("endfor"));
        }
        close("endfor", segment.line());
        return new ForNode(target, items, condition, recursive, body, otherwise);
    }
}

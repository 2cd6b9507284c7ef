package dev.millrace.engine.jinja;

import java.util.List;

/** A part of a template: text, an expression to print, or a statement with what stands in it. */
interface Node {

    /** How to go on. */
    enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    Flow render(Scope scope, Output out);

    /** One after another, until one ends its loop. */
    static Node sequence(List<Node> nodes) {
        List<Node> all = List.copyOf(nodes);
        return (scope, out) -> {
            for (Node node : all) {
                scope.limits().check().run();
                Flow flow = node.render(scope, out);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        };
    }

    /** What it writes, as a text. */
    default String text(Scope scope) {
        Output out = new Output(scope.limits());
        render(scope, out);
        return out.toString();
    }

    /** Adds the line to errors. */
    default Node at(int line) {
        return (scope, out) -> {
            try {
                return render(scope, out);
            } catch (TemplateException e) {
                throw e.in(line);
            }
        };
    }
}

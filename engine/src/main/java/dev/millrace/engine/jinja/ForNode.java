package dev.millrace.engine.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * A loop.
 *
 * @param condition which items take part; null for all
 * @param recursive {@code loop(items)} runs it again on them
 * @param otherwise rendered if no item takes part
 */
record ForNode(
        Target target,
        Expression items,
        Expression condition,
        boolean recursive,
        Node body,
        Node otherwise)
        implements Node {

    @Override
    public Flow render(Scope scope, Output out) {
        return render(scope, out, items.evaluate(scope), 1);
    }

    private Flow render(Scope scope, Output out, Object value, int depth) {
        Function recurse = recursive ? (caller, a) -> again(scope, caller, a, depth) : null;
        Loop loop = new Loop(chosen(scope, value), depth, recurse);
        if (!loop.hasNext()) {
            return otherwise.render(scope.child(), out);
        }
        while (loop.hasNext()) {
            scope.limits().check().run();
            Scope inner = scope.child();
            target.assign(inner, loop.next());
            inner.set("loop", loop);
            if (body.render(inner, out) == Flow.BREAK) {
                break;
            }
        }
        return Flow.NEXT;
    }

    private String again(Scope scope, Scope caller, Arguments arguments, int depth) {
        Output out = new Output(scope.limits());
        render(scope.call(caller), out, arguments.get(0, "iterable", null), depth + 1);
        return out.toString();
    }

    private List<Object> chosen(Scope scope, Object value) {
        List<Object> all = Python.items(value);
        Limits.requireItems(all.size());
        if (condition == null) {
            return all;
        }
        List<Object> chosen = new ArrayList<>();
        for (Object item : all) {
            scope.limits().check().run();
            Scope inner = scope.child();
            target.assign(inner, item);
            if (Python.isTrue(condition.evaluate(inner))) {
                chosen.add(item);
            }
        }
        return chosen;
    }
}

package dev.millrace.engine.jinja;

import java.util.List;

/** {@code loop} inside of a for. */
final class Loop {
    private final List<Object> items;
    private final int depth;
    private final Function recurse;
    private int index = -1;
    private List<Object> changing;

    /** {@code recurse} is called by {@code loop(...)}; null if the loop is not recursive. */
    Loop(List<Object> items, int depth, Function recurse) {
        this.items = items;
        this.depth = depth;
        this.recurse = recurse;
    }

    Object next() {
        index++;
        return items.get(index);
    }

    boolean hasNext() {
        return index + 1 < items.size();
    }

    int depth() {
        return depth;
    }

    Function recurse() {
        if (recurse == null) {
            throw TemplateException.failed("a loop that is called but not recursive");
        }
        return recurse;
    }

    /** Null if there is no such attribute. */
    Object attribute(String name) {
        int size = items.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) (size - index);
            case "revindex0" -> (long) (size - index - 1);
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> (long) size;
            case "depth" -> (long) depth;
            case "depth0" -> depth - 1L;
            case "previtem" -> neighbour(index - 1, name);
            case "nextitem" -> neighbour(index + 1, name);
            case "cycle" -> (Function) (s, a) -> a.positional().get(index % a.positional().size());
            case "changed" -> (Function) (s, a) -> hasChanged(a.positional());
            default -> null;
        };
    }

    private Object neighbour(int at, String name) {
        return at >= 0 && at < items.size() ? items.get(at) : new Undefined(name);
    }

    private boolean hasChanged(List<Object> values) {
        boolean changed = changing == null || !Python.isEqual(changing, values);
        changing = List.copyOf(values);
        return changed;
    }
}

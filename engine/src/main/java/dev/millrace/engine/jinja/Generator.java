package dev.millrace.engine.jinja;

import java.util.List;
import java.util.function.Supplier;

/** What Python makes of a lazy filter: true whatever it holds, without a length, and to be looped over once. */
final class Generator {
    private Supplier<List<Object>> items;

    Generator(Supplier<List<Object>> items) {
        this.items = items;
    }

    /** The elements; nothing the second time. */
    List<Object> take() {
        List<Object> taken = items == null ? List.of() : items.get();
        items = null;
        return taken;
    }
}

package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightSource;
import java.util.List;

/** Ways to put weight matrices together before they are packed. */
public final class WeightSources {

    private WeightSources() {}

    /** The rows of {@code parts} one after another, as one matrix; all of one format and one {@code k}. */
    public static WeightSource stack(List<WeightSource> parts) {
        WeightSource first = parts.get(0);
        int rows = 0;
        for (WeightSource part : parts) {
            if (part.format() != first.format() || part.k() != first.k()) {
                throw new IllegalArgumentException(
                        "cannot stack %s rows of %d on %s rows of %d"
                                .formatted(part.format(), part.k(), first.format(), first.k()));
            }
            rows = Math.addExact(rows, part.n());
        }
        return new StackedMatrix(parts, rows);
    }

    /** True when {@link #stack} takes {@code parts}: the matrices of a mixed GGUF file may differ in format. */
    public static boolean canStack(List<WeightSource> parts) {
        WeightSource first = parts.get(0);
        return parts.stream().allMatch(p -> p.format() == first.format() && p.k() == first.k());
    }
}

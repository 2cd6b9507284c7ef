package dev.millrace.engine;

import java.util.Arrays;

/**
 * The answer to an {@link EmbedRequest}: a vector of float values.
 *
 * <p>Thread-safety: immutable.
 */
public final class Embedding {
    private final float[] values;
    private final Usage usage;

    private Embedding(float[] values, Usage usage) {
        this.values = values;
        this.usage = usage;
    }

    /** An embedding with a copy of {@code values}. */
    public static Embedding of(float[] values, Usage usage) {
        return new Embedding(values.clone(), usage);
    }

    /** How many values it has: the model's hidden size. */
    public int dimension() {
        return values.length;
    }

    public float get(int index) {
        return values[index];
    }

    /** A fresh array. */
    public float[] toArray() {
        return values.clone();
    }

    /** Token counts. */
    public Usage usage() {
        return usage;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Embedding that
                && Arrays.equals(values, that.values)
                && usage.equals(that.usage);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(values) + usage.hashCode();
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}

package dev.millrace.engine;

import java.util.Arrays;

/**
 * An immutable list of token ids without boxing.
 *
 * <p>Thread-safety: immutable.
 */
public final class TokenIds {
    private static final TokenIds EMPTY = new TokenIds(new int[0]);

    private final int[] ids;

    private TokenIds(int[] ids) {
        this.ids = ids;
    }

    /** No tokens. */
    public static TokenIds empty() {
        return EMPTY;
    }

    /** A copy of {@code ids}. */
    public static TokenIds of(int... ids) {
        return ids.length == 0 ? EMPTY : new TokenIds(ids.clone());
    }

    /** A copy of {@code ids[from .. to)}. */
    public static TokenIds ofRange(int[] ids, int from, int to) {
        return from == to ? EMPTY : new TokenIds(Arrays.copyOfRange(ids, from, to));
    }

    public int size() {
        return ids.length;
    }

    public boolean isEmpty() {
        return ids.length == 0;
    }

    public int get(int index) {
        return ids[index];
    }

    /** These ids and the first {@code count} of {@code more}. */
    public TokenIds append(TokenIds more, int count) {
        int[] all = Arrays.copyOf(ids, ids.length + count);
        System.arraycopy(more.ids, 0, all, ids.length, count);
        return new TokenIds(all);
    }

    /** Whether the first ids are those of {@code prefix}. */
    public boolean beginsWith(TokenIds prefix) {
        return ids.length >= prefix.ids.length
                && Arrays.equals(ids, 0, prefix.ids.length, prefix.ids, 0, prefix.ids.length);
    }

    /** A fresh array. */
    public int[] toArray() {
        return ids.clone();
    }

    /** Copies all ids to {@code target[offset ..]}. */
    public void copyTo(int[] target, int offset) {
        System.arraycopy(ids, 0, target, offset, ids.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return Arrays.toString(ids);
    }
}

package dev.millrace.engine.loader;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/**
 * Small integers in 32-bit words, the first in the low bits.
 *
 * <p>Thread-safety: reading from several threads at once.
 */
final class PackedWords {
    /** So many rows are worth several threads. */
    private static final int PARALLEL_ROWS = 16;

    private PackedWords() {}

    /** Integer {@code index} of words of {@code bits} bits each. */
    static int get(int word, int index, int bits) {
        return (word >>> (index * bits)) & ((1 << bits) - 1);
    }

    /** Words that hold {@code count} integers. */
    static long length(long count, int bits) {
        return (count * bits + 31) / 32;
    }

    /** All words of a tensor. */
    static int[] read(StoredTensor tensor) {
        int[] words = new int[Math.toIntExact(tensor.sizeBytes() / Integer.BYTES)];
        int slice = 1 << 18;
        for (int i = 0; i < words.length; i += slice) {
            int count = Math.min(slice, words.length - i);
            tensor.file()
                    .read(tensor.position() + 4L * i, count * Integer.BYTES)
                    .asIntBuffer()
                    .get(words, i, count);
        }
        return words;
    }

    /** Rows that are packed along k, as compressed-tensors does: {@code place[i]} of a row is its input {@code order[i]}. */
    static QuantizedMatrix.Codes alongK(StoredTensor tensor, int k, int bits, int[] order) {
        int rowBytes = Math.toIntExact(4 * length(k, bits));
        int perWord = 32 / bits;
        return (firstRow, numRows, target) -> {
            ByteBuffer words = ByteBuffer.allocate(rowBytes).order(ByteOrder.LITTLE_ENDIAN);
            for (int row = firstRow; row < firstRow + numRows; row++) {
                words.clear();
                tensor.file().read(tensor.position() + (long) row * rowBytes, words, rowBytes);
                for (int place = 0; place < k; place++) {
                    int i = order == null ? place : order[place];
                    target.put((byte) get(words.getInt(i / perWord * 4), i % perWord, bits));
                }
            }
        };
    }

    /** Where an integer of a matrix lies that is stored with a row for each input. */
    interface Place {
        /** Word of input {@code i} of output {@code row}. */
        int word(int row, int i);

        /** Index in that word. */
        int index(int row, int i);
    }

    /** Rows of a matrix that is stored the other way round: it is read as a whole when the first row is wanted. */
    static QuantizedMatrix.Codes transposed(
            StoredTensor tensor, int k, int bits, int[] order, Place place) {
        Lazy words = new Lazy(tensor);
        return (firstRow, numRows, target) -> {
            int[] all = words.get();
            int from = target.position();
            IntStream rows = IntStream.range(0, numRows);
            (numRows < PARALLEL_ROWS ? rows : rows.parallel())
                    .forEach(
                            r -> {
                                for (int at = 0; at < k; at++) {
                                    int i = order == null ? at : order[at];
                                    int word = all[place.word(firstRow + r, i)];
                                    int index = place.index(firstRow + r, i);
                                    target.put(from + r * k + at, (byte) get(word, index, bits));
                                }
                            });
            target.position(from + numRows * k);
        };
    }

    /** Read once, by whoever is first. */
    private static final class Lazy {
        private final StoredTensor tensor;
        private int[] words;

        Lazy(StoredTensor tensor) {
            this.tensor = tensor;
        }

        synchronized int[] get() {
            if (words == null) {
                words = read(tensor);
            }
            return words;
        }
    }
}

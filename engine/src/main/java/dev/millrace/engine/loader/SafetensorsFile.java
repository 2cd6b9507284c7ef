package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.FETCH_AGAIN;
import static dev.millrace.engine.loader.Problems.quote;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One safetensors file whose header was checked against the file in exact arithmetic: the tensors fill it from the end of
 * the header to its last byte, without a hole or an overlap.
 *
 * <p>Thread-safety: immutable; reading by position.
 */
final class SafetensorsFile implements AutoCloseable {
    private static final int LENGTH_BYTES = 8;

    private final TensorFile file;
    private final Map<String, StoredTensor> tensors;

    private SafetensorsFile(TensorFile file, Map<String, StoredTensor> tensors) {
        this.file = file;
        this.tensors = tensors;
    }

    static SafetensorsFile open(Path path) {
        TensorFile file = TensorFile.open(path, SafetensorsError.READ_FAILED);
        try {
            return new SafetensorsFile(file, readTensors(file));
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Tensors by name, in the order of their bytes. */
    Map<String, StoredTensor> tensors() {
        return tensors;
    }

    String name() {
        return file.name();
    }

    @Override
    public void close() {
        file.close();
    }

    private static Map<String, StoredTensor> readTensors(TensorFile file) {
        int headerBytes = headerLength(file);
        byte[] header = file.read(LENGTH_BYTES, headerBytes).array();
        List<SafetensorsEntry> entries =
                new ArrayList<>(SafetensorsHeader.parse(file.name(), header));
        entries.sort(
                Comparator.comparingLong(SafetensorsEntry::begin)
                        .thenComparingLong(SafetensorsEntry::end));
        long dataStart = LENGTH_BYTES + (long) headerBytes;
        checkLayout(file, entries, file.size() - dataStart);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (SafetensorsEntry e : entries) {
            tensors.put(e.name(), stored(e, file, dataStart));
        }
        return tensors;
    }

    private static StoredTensor stored(SafetensorsEntry e, TensorFile file, long dataStart) {
        return new StoredTensor(
                e.name(),
                e.dtype().name(),
                e.dtype().format(),
                e.shape(),
                file,
                dataStart + e.begin(),
                e.end() - e.begin());
    }

    private static int headerLength(TensorFile file) {
        if (file.size() < LENGTH_BYTES) {
            throw Problems.refuse(
                    SafetensorsError.TOO_SMALL,
                    file.name(),
                    "a file of " + file.size() + " bytes",
                    "8 bytes of header length at least",
                    FETCH_AGAIN);
        }
        long length = file.read(0, LENGTH_BYTES).getLong();
        long rest = file.size() - LENGTH_BYTES;
        // Unsigned in the format: 2^63 and above arrive negative.
        boolean tooLong = length < 0 || length > SafetensorsHeader.MAX_HEADER_BYTES;
        if (length == 0 || tooLong || length > rest) {
            throw Problems.refuse(
                    SafetensorsError.HEADER_LENGTH,
                    file.name(),
                    "header length " + Long.toUnsignedString(length),
                    "1 to "
                            + Math.min(rest, SafetensorsHeader.MAX_HEADER_BYTES)
                            + " (limit "
                            + SafetensorsHeader.MAX_HEADER_BYTES
                            + ", file size "
                            + file.size()
                            + ")",
                    FETCH_AGAIN);
        }
        return (int) length;
    }

    /** The entries must cover {@code [0, dataBytes)} one after another. */
    private static void checkLayout(
            TensorFile file, List<SafetensorsEntry> entries, long dataBytes) {
        long next = 0;
        for (SafetensorsEntry e : entries) {
            checkOffsets(file, e, dataBytes);
            checkSize(file, e);
            if (e.begin() != next) {
                throw refuse(
                        file, e, SafetensorsError.LAYOUT, "first byte " + e.begin(), "" + next);
            }
            next = e.end();
        }
        if (next != dataBytes) {
            throw Problems.refuse(
                    SafetensorsError.LAYOUT,
                    file.name(),
                    (dataBytes - next) + " bytes after the last tensor",
                    "a file that ends with its last tensor",
                    FETCH_AGAIN);
        }
    }

    private static void checkOffsets(TensorFile file, SafetensorsEntry e, long dataBytes) {
        if (e.begin() > e.end() || e.end() > dataBytes) {
            throw refuse(
                    file,
                    e,
                    SafetensorsError.OFFSETS,
                    "data_offsets [" + e.begin() + ", " + e.end() + "]",
                    "ascending positions up to " + dataBytes);
        }
    }

    private static void checkSize(TensorFile file, SafetensorsEntry e) {
        long bits = 0;
        try {
            bits = e.dtype().bits();
            for (long dimension : e.shape()) {
                bits = Math.multiplyExact(bits, dimension);
            }
        } catch (ArithmeticException overflow) {
            throw refuse(
                    file,
                    e,
                    SafetensorsError.SIZE_OVERFLOW,
                    "shape " + e.shape() + " of " + e.dtype(),
                    "fewer than 2^63 bits");
        }
        if (bits % 8 != 0) {
            throw refuse(
                    file,
                    e,
                    SafetensorsError.SIZE_OVERFLOW,
                    "shape " + e.shape() + " of " + e.dtype() + ", " + bits + " bits",
                    "a multiple of 8 bits");
        }
        if (bits / 8 != e.end() - e.begin()) {
            throw refuse(
                    file,
                    e,
                    SafetensorsError.SIZE_MISMATCH,
                    (e.end() - e.begin()) + " bytes",
                    (bits / 8) + " bytes for shape " + e.shape() + " of " + e.dtype());
        }
    }

    private static RuntimeException refuse(
            TensorFile file,
            SafetensorsEntry e,
            SafetensorsError code,
            String given,
            String allowed) {
        return Problems.refuse(
                code, file.name() + ": tensor " + quote(e.name()), given, allowed, FETCH_AGAIN);
    }
}

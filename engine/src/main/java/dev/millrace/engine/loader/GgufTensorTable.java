package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the table of tensors of a GGUF header; every tensor must follow the one before, aligned, inside the file. */
final class GgufTensorTable {
    private static final int MAX_NAME_BYTES = 63;
    private static final int MAX_DIMENSIONS = 4;

    private final GgufReader in;
    private final TensorFile file;
    private final int alignment;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long next;

    private GgufTensorTable(GgufReader in, TensorFile file, int alignment) {
        this.in = in;
        this.file = file;
        this.alignment = alignment;
    }

    private record Entry(GgufType type, List<Long> shape, long offset, long sizeBytes) {}

    static Map<String, StoredTensor> read(
            GgufReader in, TensorFile file, long count, int alignment) {
        GgufTensorTable table = new GgufTensorTable(in, file, alignment);
        for (long i = 0; i < count; i++) {
            table.readEntry();
        }
        return table.place();
    }

    private void readEntry() {
        String name = in.text("a tensor's name", MAX_NAME_BYTES, GgufError.TENSOR_NAME);
        if (name.isEmpty() || entries.containsKey(name)) {
            throw in.refuse(
                    GgufError.TENSOR_NAME,
                    name.isEmpty() ? "an empty name" : quote(name) + " twice",
                    "each name once, not empty");
        }
        List<Long> shape = readShape(name);
        GgufType type = readType(name);
        long sizeBytes = sizeBytes(name, type, shape);
        long offset = in.int64();
        if (offset != next) {
            throw refuse(
                    GgufError.TENSOR_OFFSET,
                    name,
                    "offset " + Long.toUnsignedString(offset),
                    next + ", the next place aligned to " + alignment);
        }
        entries.put(name, new Entry(type, shape, offset, sizeBytes));
        next = align(name, offset, sizeBytes);
    }

    /** Dimensions, which the file stores innermost first, outermost first. */
    private List<Long> readShape(String name) {
        int count = in.int32();
        if (count < 1 || count > MAX_DIMENSIONS) {
            throw refuse(
                    GgufError.TENSOR_SHAPE,
                    name,
                    Integer.toUnsignedString(count) + " dimensions",
                    "1 to " + MAX_DIMENSIONS);
        }
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long dimension = in.int64();
            if (dimension < 1) {
                throw refuse(
                        GgufError.TENSOR_SHAPE,
                        name,
                        "dimension " + Long.toUnsignedString(dimension),
                        "1 to 2^63 - 1");
            }
            shape.add(dimension);
        }
        Collections.reverse(shape);
        return shape;
    }

    private GgufType readType(String name) {
        int number = in.int32();
        return GgufType.of(number)
                .orElseThrow(
                        () ->
                                refuse(
                                        GgufError.TENSOR_TYPE,
                                        name,
                                        "type " + Integer.toUnsignedString(number),
                                        "a type of ggml"));
    }

    private long sizeBytes(String name, GgufType type, List<Long> shape) {
        long inner = shape.get(shape.size() - 1);
        if (inner % type.blockElements() != 0) {
            throw refuse(
                    GgufError.TENSOR_SHAPE,
                    name,
                    "rows of " + inner + " in type " + type,
                    "a multiple of " + type.blockElements());
        }
        try {
            long bytes = Math.multiplyExact(inner / type.blockElements(), type.blockBytes());
            for (long dimension : shape.subList(0, shape.size() - 1)) {
                bytes = Math.multiplyExact(bytes, dimension);
            }
            return bytes;
        } catch (ArithmeticException overflow) {
            throw refuse(GgufError.TENSOR_SHAPE, name, "shape " + shape, "fewer than 2^63 bytes");
        }
    }

    private long align(String name, long offset, long sizeBytes) {
        long room = file.size();
        if (sizeBytes > room || offset > room - sizeBytes) {
            throw refuse(
                    GgufError.TENSOR_OFFSET,
                    name,
                    sizeBytes + " bytes at offset " + offset,
                    "tensors inside the file of " + room + " bytes");
        }
        long end = offset + sizeBytes;
        return end + (alignment - end % alignment) % alignment;
    }

    private Map<String, StoredTensor> place() {
        long header = in.position();
        long start = header + (alignment - header % alignment) % alignment;
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        entries.forEach((name, entry) -> tensors.put(name, place(name, entry, start)));
        return tensors;
    }

    private StoredTensor place(String name, Entry e, long start) {
        long position = start + e.offset();
        if (position + e.sizeBytes() > file.size()) {
            throw refuse(
                    GgufError.TRUNCATED,
                    name,
                    "an end at byte " + (position + e.sizeBytes()),
                    "the end of the file, byte " + file.size() + ", or before");
        }
        return new StoredTensor(
                name, e.type().name(), e.type().format(), e.shape(), file, position, e.sizeBytes());
    }

    private RuntimeException refuse(GgufError code, String name, String given, String allowed) {
        return Problems.refuse(
                code,
                file.name() + ": tensor " + quote(name),
                given,
                allowed,
                Problems.FETCH_AGAIN);
    }
}

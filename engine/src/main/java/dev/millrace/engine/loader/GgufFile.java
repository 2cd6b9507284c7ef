package dev.millrace.engine.loader;

import java.nio.file.Path;
import java.util.Map;

/**
 * A GGUF file, version 2 or 3, whose header was checked against the file before anything was allocated for it.
 *
 * <p>Thread-safety: immutable; reading by position.
 */
final class GgufFile implements AutoCloseable {
    private static final int MAGIC = 0x46554747;
    private static final long MAX_ENTRIES = 1 << 16;
    private static final long MAX_TENSORS = 1 << 16;
    private static final long MIN_ENTRY_BYTES = 8 + 1 + 4 + 1;
    private static final long MIN_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

    private final TensorFile file;
    private final GgufMetadata metadata;
    private final Map<String, StoredTensor> tensors;

    private GgufFile(TensorFile file, GgufMetadata metadata, Map<String, StoredTensor> tensors) {
        this.file = file;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    static GgufFile open(Path path) {
        TensorFile file = TensorFile.open(path, GgufError.READ_FAILED);
        try {
            return read(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    GgufMetadata metadata() {
        return metadata;
    }

    /** Tensors by their names in the file, in its order. */
    Map<String, StoredTensor> tensors() {
        return tensors;
    }

    @Override
    public void close() {
        file.close();
    }

    private static GgufFile read(TensorFile file) {
        GgufReader in = new GgufReader(file);
        checkMagic(in);
        long tensorCount = count(in, "tensors", MAX_TENSORS, MIN_TENSOR_BYTES);
        long entryCount = count(in, "metadata entries", MAX_ENTRIES, MIN_ENTRY_BYTES);
        GgufMetadata metadata =
                new GgufMetadata(file.name(), GgufMetadataReader.read(in, entryCount));
        checkSplit(metadata);
        int alignment = alignment(metadata);
        return new GgufFile(file, metadata, GgufTensorTable.read(in, file, tensorCount, alignment));
    }

    private static void checkMagic(GgufReader in) {
        if (in.remaining() < 24) {
            throw in.refuse(
                    GgufError.TRUNCATED,
                    "a file of " + in.remaining() + " bytes",
                    "24 bytes at least");
        }
        int magic = in.int32();
        if (magic != MAGIC) {
            throw in.refuse(
                    GgufError.MAGIC,
                    "a file beginning with 0x%08x".formatted(Integer.reverseBytes(magic)),
                    "GGUF, 0x47475546");
        }
        int version = in.int32();
        if (version != 0 && (version & 0xffff) == 0) {
            throw in.refuse(GgufError.MAGIC, "a big-endian file", "a little-endian file");
        }
        if (version != 2 && version != 3) {
            throw in.refuse(
                    GgufError.VERSION, "version " + Integer.toUnsignedString(version), "2 or 3");
        }
    }

    private static long count(GgufReader in, String what, long most, long leastBytes) {
        long count = in.int64();
        long fitting = Math.min(most, in.remaining() / leastBytes);
        if (count < 0 || count > fitting) {
            throw in.refuse(
                    GgufError.COUNT,
                    Long.toUnsignedString(count) + " " + what,
                    "at most " + fitting + " in this file");
        }
        return count;
    }

    private static void checkSplit(GgufMetadata metadata) {
        if (metadata.intOr("split.count", 0, 65_535, 1) > 1) {
            throw metadata.refuse(
                    GgufError.SPLIT_FILE,
                    "split.count",
                    "one of " + metadata.number("split.count") + " parts",
                    "a model in one file");
        }
    }

    private static int alignment(GgufMetadata metadata) {
        String key = "general.alignment";
        if (!metadata.has(key)) {
            return 32;
        }
        long alignment = (long) metadata.number(key);
        if (alignment < 8 || alignment > 65_536 || Long.bitCount(alignment) != 1) {
            throw metadata.refuse(
                    GgufError.ALIGNMENT, key, "" + alignment, "a power of two from 8 to 65536");
        }
        return (int) alignment;
    }
}

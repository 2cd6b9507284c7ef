package dev.millrace.engine.loader;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes GGUF files byte by byte, right ones and wrong ones. */
final class TestingGguf {
    static final int UINT8 = 0;
    static final int UINT32 = 4;
    static final int INT32 = 5;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;
    static final int UINT64 = 10;

    int magic = 0x46554747;
    int version = 3;
    Long tensorCount;
    Long entryCount;
    int alignment = 32;
    int missingBytes;
    final Map<String, byte[]> entries = new LinkedHashMap<>();
    final List<byte[]> rawEntries = new ArrayList<>();
    final List<byte[]> tensors = new ArrayList<>();
    final Map<Integer, byte[]> data = new LinkedHashMap<>();
    long dataBytes;

    /** The smallest llama that loads: one layer, one head of 2, vocabulary of 3. */
    static TestingGguf llama() {
        TestingGguf gguf = new TestingGguf();
        gguf.put("general.architecture", STRING, text("llama"));
        gguf.put("llama.embedding_length", UINT32, int32(2));
        gguf.put("llama.block_count", UINT32, int32(1));
        gguf.put("llama.context_length", UINT32, int32(16));
        gguf.put("llama.feed_forward_length", UINT32, int32(4));
        gguf.put("llama.attention.head_count", UINT32, int32(1));
        gguf.put("llama.attention.head_count_kv", UINT32, int32(1));
        gguf.put(
                "llama.attention.layer_norm_rms_epsilon",
                FLOAT32,
                int32(Float.floatToIntBits(1e-5f)));
        gguf.tensor("token_embd.weight", 0, 2, 3);
        gguf.tensor("output_norm.weight", 0, 2);
        gguf.tensor("blk.0.attn_norm.weight", 0, 2);
        gguf.tensor("blk.0.ffn_norm.weight", 0, 2);
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            gguf.tensor("blk.0." + name + ".weight", 0, 2, 2);
        }
        gguf.tensor("blk.0.ffn_gate.weight", 0, 2, 4);
        gguf.tensor("blk.0.ffn_up.weight", 0, 2, 4);
        gguf.tensor("blk.0.ffn_down.weight", 0, 4, 2);
        return gguf;
    }

    TestingGguf put(String key, int type, byte[] value) {
        entries.put(key, join(text(key), int32(type), value));
        return this;
    }

    TestingGguf uint32(String key, int value) {
        return put(key, UINT32, int32(value));
    }

    /** Appends a tensor of float32 at the next aligned place; {@code dimensions} innermost first. */
    TestingGguf tensor(String name, int type, long... dimensions) {
        long size = 4;
        for (long d : dimensions) {
            size *= d;
        }
        tensorAt(name, type, dataBytes, dimensions);
        dataBytes += (size + alignment - 1) / alignment * alignment;
        return this;
    }

    /** Appends a tensor of these float32. */
    TestingGguf tensorOf(String name, float... values) {
        byte[][] bytes = new byte[values.length][];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = int32(Float.floatToIntBits(values[i]));
        }
        data.put((int) dataBytes, join(bytes));
        return tensor(name, 0, values.length);
    }

    TestingGguf tensorAt(String name, int type, long offset, long... dimensions) {
        byte[] shape = new byte[0];
        for (long d : dimensions) {
            shape = join(shape, int64(d));
        }
        tensors.add(join(text(name), int32(dimensions.length), shape, int32(type), int64(offset)));
        return this;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long entriesGiven = (long) entries.size() + rawEntries.size();
        out.writeBytes(
                join(
                        int32(magic),
                        int32(version),
                        int64(tensorCount == null ? tensors.size() : tensorCount),
                        int64(entryCount == null ? entriesGiven : entryCount)));
        entries.values().forEach(out::writeBytes);
        rawEntries.forEach(out::writeBytes);
        tensors.forEach(out::writeBytes);
        while (out.size() % alignment != 0) {
            out.write(0);
        }
        byte[] all = new byte[(int) dataBytes - missingBytes];
        data.forEach((at, bytes) -> System.arraycopy(bytes, 0, all, at, bytes.length));
        out.writeBytes(all);
        return out.toByteArray();
    }

    static byte[] array(int type, long count, byte[]... elements) {
        return join(int32(type), int64(count), join(elements));
    }

    static byte[] texts(String... values) {
        byte[][] elements = new byte[values.length][];
        for (int i = 0; i < values.length; i++) {
            elements[i] = text(values[i]);
        }
        return array(STRING, values.length, elements);
    }

    static byte[] text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return join(int64(bytes.length), bytes);
    }

    static byte[] int32(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    static byte[] int64(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}

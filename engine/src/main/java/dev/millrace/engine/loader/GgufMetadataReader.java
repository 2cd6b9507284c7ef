package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the key-value part of a GGUF header. Source: the GGUF specification, versions 2 and 3. */
final class GgufMetadataReader {
    /** Longest text in bytes. */
    static final int MAX_TEXT_BYTES = 16 << 20;

    /** Most elements of an array. */
    static final int MAX_ARRAY = 1 << 24;

    /** Most bytes of metadata. */
    static final long MAX_BYTES = 512L << 20;

    private static final int MAX_KEY_BYTES = 65_535;

    private static final int UINT8 = 0;
    private static final int INT8 = 1;
    private static final int UINT16 = 2;
    private static final int INT16 = 3;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int UINT64 = 10;
    private static final int INT64 = 11;
    private static final int FLOAT64 = 12;

    private final GgufReader in;
    private final Map<String, Object> values = new LinkedHashMap<>();

    private GgufMetadataReader(GgufReader in) {
        this.in = in;
    }

    /** Reads {@code count} entries. */
    static Map<String, Object> read(GgufReader in, long count) {
        GgufMetadataReader reader = new GgufMetadataReader(in);
        long start = in.position();
        for (long i = 0; i < count; i++) {
            reader.readEntry();
            if (in.position() - start > MAX_BYTES) {
                throw in.refuse(
                        GgufError.VALUE_LENGTH,
                        "more than " + MAX_BYTES + " bytes of metadata",
                        "at most " + MAX_BYTES);
            }
        }
        return reader.values;
    }

    private void readEntry() {
        String key = in.text("a metadata key", MAX_KEY_BYTES, GgufError.KEY);
        if (key.isEmpty() || values.containsKey(key)) {
            throw in.refuse(
                    GgufError.KEY,
                    key.isEmpty() ? "an empty key" : "key " + quote(key) + " twice",
                    "each key once, not empty");
        }
        int type = in.int32();
        if (key.equals("general.alignment") && type != UINT32) {
            throw in.refuse(GgufError.ALIGNMENT, "general.alignment of type " + type, "a uint32");
        }
        values.put(key, type == ARRAY ? readArray(key) : readScalar(key, type));
    }

    private Object readScalar(String key, int type) {
        return switch (type) {
            case FLOAT32 -> (double) Float.intBitsToFloat(in.int32());
            case FLOAT64 -> Double.longBitsToDouble(in.int64());
            case BOOL -> readBoolean(key);
            case STRING ->
                    in.text("the text of " + quote(key), MAX_TEXT_BYTES, GgufError.VALUE_LENGTH);
            default -> readInteger(key, type);
        };
    }

    private long readInteger(String key, int type) {
        return switch (type) {
            case UINT8 -> in.int8() & 0xffL;
            case INT8 -> in.int8();
            case UINT16 -> in.int16() & 0xffffL;
            case INT16 -> in.int16();
            case UINT32 -> in.int32() & 0xffff_ffffL;
            case INT32 -> in.int32();
            // Values from 2^63 on turn negative and fail every range.
            case UINT64, INT64 -> in.int64();
            default ->
                    throw in.refuse(
                            GgufError.VALUE_TYPE,
                            "type " + Integer.toUnsignedString(type) + " for " + quote(key),
                            "a type from 0 to 12, no array of arrays");
        };
    }

    private boolean readBoolean(String key) {
        byte value = in.int8();
        if (value != 0 && value != 1) {
            throw in.refuse(
                    GgufError.VALUE_RANGE, "boolean " + value + " for " + quote(key), "0 or 1");
        }
        return value == 1;
    }

    private GgufArray readArray(String key) {
        int type = in.int32();
        long count = in.int64();
        if (count < 0 || count > MAX_ARRAY) {
            throw in.refuse(
                    GgufError.VALUE_LENGTH,
                    "an array of " + Long.toUnsignedString(count) + " for " + quote(key),
                    "at most " + MAX_ARRAY + " elements");
        }
        in.expect(count * elementBytes(key, type), "the array " + quote(key));
        return switch (type) {
            case STRING -> new GgufArray.Texts(readTexts(key, (int) count));
            case FLOAT32, FLOAT64 -> {
                float[] floats = new float[(int) count];
                for (int i = 0; i < count; i++) {
                    floats[i] = ((Number) readScalar(key, type)).floatValue();
                }
                yield new GgufArray.Floats(floats);
            }
            case BOOL -> {
                for (long i = 0; i < count; i++) {
                    readBoolean(key);
                }
                yield new GgufArray.Booleans((int) count);
            }
            default -> new GgufArray.Integers(readIntegers(key, type, (int) count));
        };
    }

    private List<String> readTexts(String key, int count) {
        List<String> texts = new ArrayList<>();
        String what = "a text in " + quote(key);
        for (int i = 0; i < count; i++) {
            texts.add(in.text(what, MAX_TEXT_BYTES, GgufError.VALUE_LENGTH));
        }
        return texts;
    }

    private long[] readIntegers(String key, int type, int count) {
        long[] integers = new long[count];
        for (int i = 0; i < count; i++) {
            integers[i] = readInteger(key, type);
        }
        return integers;
    }

    /** Bytes an element takes at least. */
    private int elementBytes(String key, int type) {
        return switch (type) {
            case UINT8, INT8, BOOL -> 1;
            case UINT16, INT16 -> 2;
            case UINT32, INT32, FLOAT32 -> 4;
            case UINT64, INT64, FLOAT64, STRING -> 8;
            default ->
                    throw in.refuse(
                            GgufError.VALUE_TYPE,
                            "an array of type "
                                    + Integer.toUnsignedString(type)
                                    + " for "
                                    + quote(key),
                            "elements of a type from 0 to 12, no array of arrays");
        };
    }
}

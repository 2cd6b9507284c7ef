package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;

/**
 * Walks an Avro value along its schema without allocating anything, so that a library that trusts lengths and indexes only
 * ever sees values that keep to them. Every error names the field and the byte.
 *
 * <p>Thread-safety: none; made for one value.
 */
final class AvroScanner {
    /** Deepest nesting of records, arrays and maps: far above what people write, far below what a thread's stack holds. */
    static final int MAX_DEPTH = 200;

    /** Most array items of a value that take no bytes at all: the only memory that a value can claim for nothing. */
    static final int MAX_EMPTY_ITEMS = 65_536;

    private static final int MAX_INT_BYTES = 5;
    private static final int MAX_LONG_BYTES = 10;

    private final byte[] value;
    private final StringBuilder path = new StringBuilder();
    private final CharsetDecoder utf8 =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT);
    private int position;
    private int depth;
    private int emptyItems;

    private AvroScanner(byte[] value, int from) {
        this.value = value;
        this.position = from;
    }

    /**
     * Checks that {@code value[from ..]} is exactly one value of the schema.
     *
     * @throws InvalidRequestException with a {@link RecordError} if not
     */
    static void check(Schema schema, byte[] value, int from) {
        AvroScanner scanner = new AvroScanner(value, from);
        scanner.scan(schema);
        if (scanner.position < value.length) {
            throw scanner.error(
                    RecordError.TRAILING_BYTES,
                    value.length - scanner.position + " bytes behind the last field",
                    "nothing");
        }
    }

    private void scan(Schema schema) {
        switch (schema.getType()) {
            case NULL -> {}
            case BOOLEAN -> scanBoolean();
            case INT -> readVarint(MAX_INT_BYTES, "an int");
            case LONG -> readVarint(MAX_LONG_BYTES, "a long");
            case FLOAT -> skip(Float.BYTES, "a float");
            case DOUBLE -> skip(Double.BYTES, "a double");
            case FIXED -> skip(schema.getFixedSize(), "a fixed");
            case BYTES -> skip(readLength(), "bytes");
            case STRING -> scanString();
            case ENUM -> readIndex(schema.getEnumSymbols().size(), RecordError.ENUM_OUT_OF_RANGE);
            case UNION -> {
                int branch = readIndex(schema.getTypes().size(), RecordError.UNION_OUT_OF_RANGE);
                scan(schema.getTypes().get(branch));
            }
            case RECORD -> scanRecord(schema);
            case ARRAY -> scanBlocks(schema.getElementType(), false);
            case MAP -> scanBlocks(schema.getValueType(), true);
        }
    }

    private void scanRecord(Schema schema) {
        enter();
        for (Schema.Field field : schema.getFields()) {
            int mark = path.length();
            path.append(mark == 0 ? "" : ".").append(field.name());
            scan(field.schema());
            path.setLength(mark);
        }
        depth--;
    }

    /** An array or map: blocks of items, each led by its count and, if that is negative, its size in bytes. */
    private void scanBlocks(Schema items, boolean keyed) {
        enter();
        int mark = path.length();
        path.append("[]");
        for (long count = readVarint(MAX_LONG_BYTES, "a count");
                count != 0;
                count = readVarint(MAX_LONG_BYTES, "a count")) {
            long size = count < 0 ? readVarint(MAX_LONG_BYTES, "a size") : -1;
            scanBlock(items, keyed, Math.abs(count), size);
        }
        path.setLength(mark);
        depth--;
    }

    private void scanBlock(Schema items, boolean keyed, long count, long size) {
        // The lowest long has no absolute value.
        if (count < 0 || count > Math.max(remaining(), MAX_EMPTY_ITEMS)) {
            throw error(RecordError.INVALID_LENGTH, "a block of " + count + " items", fitting());
        }
        int start = position;
        for (long i = 0; i < count; i++) {
            int before = position;
            if (keyed) {
                scanString();
            }
            scan(items);
            if (position == before && ++emptyItems > MAX_EMPTY_ITEMS) {
                throw error(
                        RecordError.INVALID_LENGTH,
                        "more than " + MAX_EMPTY_ITEMS + " items of no bytes",
                        "no more than that in one value");
            }
        }
        if (size >= 0 && size != position - start) {
            throw error(
                    RecordError.INVALID_LENGTH,
                    "a block of " + (position - start) + " bytes announced as " + size,
                    "its true size");
        }
    }

    private void scanBoolean() {
        require(1, "a boolean");
        int given = value[position] & 0xff;
        if (given > 1) {
            throw error(RecordError.INVALID_BOOLEAN, "byte " + given, "0 or 1");
        }
        position++;
    }

    private void scanString() {
        int length = readLength();
        if (!isAscii(length) && !isUtf8(length)) {
            throw error(RecordError.INVALID_UTF8, "bytes that are not UTF-8", "a string in UTF-8");
        }
        position += length;
    }

    private boolean isAscii(int length) {
        for (int i = position; i < position + length; i++) {
            if (value[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isUtf8(int length) {
        try {
            utf8.decode(ByteBuffer.wrap(value, position, length));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** Length of bytes or a string, all of which are there. */
    private int readLength() {
        long length = readVarint(MAX_LONG_BYTES, "a length");
        if (length < 0) {
            throw error(RecordError.INVALID_LENGTH, "a length of " + length, fitting());
        }
        if (length > remaining()) {
            throw error(
                    RecordError.TRUNCATED,
                    "a length of " + length + " with " + remaining() + " bytes left",
                    "all of its bytes");
        }
        return (int) length;
    }

    private int readIndex(int size, RecordError code) {
        long index = readVarint(MAX_INT_BYTES, "an index");
        if (index < 0 || index >= size) {
            throw error(code, "index " + index, "0 to " + (size - 1));
        }
        return (int) index;
    }

    /** A zigzag number of at most {@code maxBytes} bytes, as many as its type can need. */
    private long readVarint(int maxBytes, String what) {
        long bits = 0;
        for (int i = 0; i < maxBytes; i++) {
            require(1, what);
            long next = value[position++];
            bits |= (next & 0x7f) << (7 * i);
            if (next >= 0) {
                requireNoOverflow(next, i, maxBytes, what);
                return (bits >>> 1) ^ -(bits & 1);
            }
        }
        throw overlong(maxBytes, what);
    }

    /** The last byte has room for the bits that are left only: 4 of an int, 1 of a long. */
    private void requireNoOverflow(long last, int index, int maxBytes, String what) {
        int room = maxBytes == MAX_INT_BYTES ? 4 : 1;
        if (index == maxBytes - 1 && last >>> room != 0) {
            throw overlong(maxBytes, what);
        }
    }

    private InvalidRequestException overlong(int maxBytes, String what) {
        return error(
                RecordError.INVALID_VARINT,
                what + " that does not end or overflows",
                "at most " + maxBytes + " bytes");
    }

    private void skip(int length, String what) {
        require(length, what);
        position += length;
    }

    private void require(int length, String what) {
        if (length > remaining()) {
            throw error(
                    RecordError.TRUNCATED,
                    "the end of the value",
                    length + " more bytes for " + what);
        }
    }

    private int remaining() {
        return value.length - position;
    }

    private String fitting() {
        return "0 to what the remaining " + remaining() + " bytes can hold";
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw error(
                    RecordError.NESTED_TOO_DEEP,
                    "more than " + MAX_DEPTH + " levels",
                    "at most " + MAX_DEPTH + " nested records, arrays and maps");
        }
    }

    private InvalidRequestException error(RecordError code, String given, String allowed) {
        String shown = path.length() > 200 ? path.substring(0, 200) + "…" : path.toString();
        String field = shown.isEmpty() ? "" : " in field " + shown;
        return new InvalidRequestException(
                new Problem(
                        code,
                        "Avro value, byte " + position + field,
                        given,
                        allowed,
                        "Write the value with the schema that the job reads it with"));
    }
}

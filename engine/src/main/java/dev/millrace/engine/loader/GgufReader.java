package dev.millrace.engine.loader;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the numbers and texts of a GGUF header in order, and never past the end of the file. */
final class GgufReader {
    private static final int BUFFER_BYTES = 1 << 16;

    private final TensorFile file;
    private final ByteBuffer buffer;
    private long position;

    GgufReader(TensorFile file) {
        this.file = file;
        this.buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    /** Where the next value begins. */
    long position() {
        return position - buffer.remaining();
    }

    /** Bytes of the file from {@link #position} on. */
    long remaining() {
        return file.size() - position();
    }

    byte int8() {
        return need(1).get();
    }

    short int16() {
        return need(2).getShort();
    }

    int int32() {
        return need(4).getInt();
    }

    long int64() {
        return need(8).getLong();
    }

    /** A text with its length in front, of at most {@code most} bytes. */
    String text(String what, long most, GgufError tooLong) {
        long length = int64();
        if (length < 0 || length > most) {
            throw refuse(
                    tooLong,
                    what + " of " + Long.toUnsignedString(length) + " bytes",
                    "at most " + most + " bytes");
        }
        expect(length, what);
        ByteBuffer bytes = ByteBuffer.allocate((int) length);
        while (bytes.hasRemaining()) {
            int count = Math.min(bytes.remaining(), BUFFER_BYTES);
            ByteBuffer source = need(count);
            bytes.put(bytes.position(), source, source.position(), count);
            source.position(source.position() + count);
            bytes.position(bytes.position() + count);
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException e) {
            // Vocabularies of byte-level models may hold broken UTF-8 in added tokens; keys and
            // names may not.
            if (tooLong != GgufError.VALUE_LENGTH) {
                throw refuse(tooLong, what + " that is no UTF-8", "UTF-8");
            }
            return new String(bytes.array(), StandardCharsets.UTF_8);
        }
    }

    /** Refuses the file when fewer than {@code bytes} follow. */
    void expect(long bytes, String what) {
        if (bytes > remaining()) {
            throw refuse(
                    GgufError.TRUNCATED,
                    what + " of " + bytes + " bytes at byte " + position(),
                    "at most the "
                            + remaining()
                            + " bytes that follow in a file of "
                            + file.size());
        }
    }

    RuntimeException refuse(GgufError code, String given, String allowed) {
        return Problems.refuse(code, file.name(), given, allowed, Problems.FETCH_AGAIN);
    }

    private ByteBuffer need(int bytes) {
        if (buffer.remaining() < bytes) {
            expect(bytes, "a value");
            long rest = file.size() - position;
            buffer.compact();
            int count = (int) Math.min(buffer.remaining(), rest);
            file.read(position, buffer, count);
            position += count;
            buffer.flip();
        }
        return buffer;
    }
}

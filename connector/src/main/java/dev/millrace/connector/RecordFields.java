package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Byte layout of what source and target records share: length-prefixed bytes with −1 for null, then headers. */
final class RecordFields {

    private RecordFields() {}

    static void writeBytes(byte[] bytes, DataOutputView out) throws IOException {
        if (bytes == null) {
            out.writeInt(-1);
            return;
        }
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static byte[] readBytes(DataInputView in) throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    static void writeHeaders(List<RecordHeader> headers, DataOutputView out) throws IOException {
        out.writeInt(headers.size());
        for (RecordHeader header : headers) {
            // Not writeUTF: a header's name may be longer than its 64 KiB.
            writeBytes(header.key().getBytes(UTF_8), out);
            writeBytes(header.value(), out);
        }
    }

    static List<RecordHeader> readHeaders(DataInputView in) throws IOException {
        int count = in.readInt();
        List<RecordHeader> headers = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            headers.add(new RecordHeader(new String(readBytes(in), UTF_8), readBytes(in)));
        }
        return headers;
    }
}

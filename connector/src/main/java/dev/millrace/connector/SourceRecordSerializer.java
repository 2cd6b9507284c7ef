package dev.millrace.connector;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Layout of a {@link SourceRecord} in checkpoints and between tasks. A change needs a new snapshot version.
 *
 * <p>Thread-safety: stateless.
 */
final class SourceRecordSerializer extends TypeSerializerSingleton<SourceRecord> {
    private static final long serialVersionUID = 1L;

    static final SourceRecordSerializer INSTANCE = new SourceRecordSerializer();

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public SourceRecord createInstance() {
        return new SourceRecord("", 0, 0, 0, null, null, List.of());
    }

    @Override
    public SourceRecord copy(SourceRecord from) {
        return from;
    }

    @Override
    public SourceRecord copy(SourceRecord from, SourceRecord reuse) {
        return from;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(SourceRecord record, DataOutputView out) throws IOException {
        out.writeUTF(record.topic());
        out.writeInt(record.partition());
        out.writeLong(record.offset());
        out.writeLong(record.timestamp());
        RecordFields.writeBytes(record.key(), out);
        RecordFields.writeBytes(record.value(), out);
        RecordFields.writeHeaders(record.headers(), out);
    }

    @Override
    public SourceRecord deserialize(DataInputView in) throws IOException {
        return new SourceRecord(
                in.readUTF(),
                in.readInt(),
                in.readLong(),
                in.readLong(),
                RecordFields.readBytes(in),
                RecordFields.readBytes(in),
                RecordFields.readHeaders(in));
    }

    @Override
    public SourceRecord deserialize(SourceRecord reuse, DataInputView in) throws IOException {
        return deserialize(in);
    }

    @Override
    public void copy(DataInputView from, DataOutputView to) throws IOException {
        serialize(deserialize(from), to);
    }

    @Override
    public TypeSerializerSnapshot<SourceRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Written into checkpoints; public with a public constructor because Flink creates it by name. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<SourceRecord> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}

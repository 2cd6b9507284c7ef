package dev.millrace.connector;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.TypeSerializerSingleton;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Layout of a {@link TargetRecord} between tasks.
 *
 * <p>Thread-safety: stateless.
 */
final class TargetRecordSerializer extends TypeSerializerSingleton<TargetRecord> {
    private static final long serialVersionUID = 1L;

    static final TargetRecordSerializer INSTANCE = new TargetRecordSerializer();

    @Override
    public boolean isImmutableType() {
        return true;
    }

    @Override
    public TargetRecord createInstance() {
        return new TargetRecord("", 0, null, null, List.of());
    }

    @Override
    public TargetRecord copy(TargetRecord from) {
        return from;
    }

    @Override
    public TargetRecord copy(TargetRecord from, TargetRecord reuse) {
        return from;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(TargetRecord record, DataOutputView out) throws IOException {
        out.writeUTF(record.topic());
        out.writeLong(record.timestamp());
        RecordFields.writeBytes(record.key(), out);
        RecordFields.writeBytes(record.value(), out);
        RecordFields.writeHeaders(record.headers(), out);
    }

    @Override
    public TargetRecord deserialize(DataInputView in) throws IOException {
        return new TargetRecord(
                in.readUTF(),
                in.readLong(),
                RecordFields.readBytes(in),
                RecordFields.readBytes(in),
                RecordFields.readHeaders(in));
    }

    @Override
    public TargetRecord deserialize(TargetRecord reuse, DataInputView in) throws IOException {
        return deserialize(in);
    }

    @Override
    public void copy(DataInputView from, DataOutputView to) throws IOException {
        serialize(deserialize(from), to);
    }

    @Override
    public TypeSerializerSnapshot<TargetRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** Written into checkpoints; public with a public constructor because Flink creates it by name. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<TargetRecord> {
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}

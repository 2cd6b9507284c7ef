package dev.millrace.operator;

import dev.millrace.engine.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Writes records in flight into checkpoints. The layout is that of {@link InFlightSerializerSnapshot#VERSION}; savepoints
 * live for years, so a change needs a new version that still reads this one.
 *
 * <p>Thread-safety: none, like the serializer of the records; use {@link #duplicate()}.
 */
final class InFlightSerializer<IN> extends TypeSerializer<InFlightState<IN>> {
    private final TypeSerializer<IN> recordSerializer;

    InFlightSerializer(TypeSerializer<IN> recordSerializer) {
        this.recordSerializer = Objects.requireNonNull(recordSerializer);
    }

    TypeSerializer<IN> recordSerializer() {
        return recordSerializer;
    }

    @Override
    public void serialize(InFlightState<IN> state, DataOutputView out) throws IOException {
        recordSerializer.serialize(state.record(), out);
        out.writeBoolean(state.hasTimestamp());
        out.writeLong(state.timestamp());
        out.writeInt(state.attempt());
        out.writeUTF(state.fingerprint());
        out.writeLong(state.requestDigest());
        out.writeInt(state.progress().size());
        for (Progress output : state.progress()) {
            ProgressFormat.write(output, out);
        }
    }

    @Override
    public InFlightState<IN> deserialize(DataInputView in) throws IOException {
        return new InFlightState<>(
                recordSerializer.deserialize(in),
                in.readBoolean(),
                in.readLong(),
                in.readInt(),
                in.readUTF(),
                in.readLong(),
                readProgress(in));
    }

    private static List<Progress> readProgress(DataInputView in) throws IOException {
        int size = in.readInt();
        List<Progress> progress = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            progress.add(ProgressFormat.read(in));
        }
        return progress;
    }

    @Override
    public InFlightState<IN> deserialize(InFlightState<IN> reuse, DataInputView in)
            throws IOException {
        return deserialize(in);
    }

    @Override
    public InFlightState<IN> copy(InFlightState<IN> from) {
        return new InFlightState<>(
                recordSerializer.copy(from.record()),
                from.hasTimestamp(),
                from.timestamp(),
                from.attempt(),
                from.fingerprint(),
                from.requestDigest(),
                from.progress());
    }

    @Override
    public InFlightState<IN> copy(InFlightState<IN> from, InFlightState<IN> reuse) {
        return copy(from);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public InFlightState<IN> createInstance() {
        return InFlightState.arrived(recordSerializer.createInstance(), false, 0);
    }

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public TypeSerializer<InFlightState<IN>> duplicate() {
        return new InFlightSerializer<>(recordSerializer.duplicate());
    }

    @Override
    public TypeSerializerSnapshot<InFlightState<IN>> snapshotConfiguration() {
        return new InFlightSerializerSnapshot<>(this);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InFlightSerializer<?> that
                && recordSerializer.equals(that.recordSerializer);
    }

    @Override
    public int hashCode() {
        return recordSerializer.hashCode();
    }
}

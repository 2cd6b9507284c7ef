package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class RecordSerializersTest {
    private static final List<RecordHeader> HEADERS =
            List.of(
                    new RecordHeader("a", new byte[] {1}),
                    new RecordHeader("a", null),
                    new RecordHeader("long ".repeat(20_000), new byte[0]));

    private static <T> T roundTrip(TypeSerializer<T> serializer, T value) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(value, out);
        DataOutputSerializer copy = new DataOutputSerializer(64);
        serializer.copy(new DataInputDeserializer(out.getCopyOfBuffer()), copy);
        DataInputDeserializer in = new DataInputDeserializer(copy.getCopyOfBuffer());
        T read = serializer.deserialize(in);
        assertThat(in.available()).isZero();
        return read;
    }

    @Test
    void sourceRecordsComeBackAsTheyWere() throws IOException {
        SourceRecord record =
                new SourceRecord("t", 3, 1L << 40, -1, null, new byte[] {5, 6}, HEADERS);
        TypeSerializer<SourceRecord> serializer =
                RecordTypeInfo.SOURCE.createSerializer(new SerializerConfigImpl());
        SourceRecord read = roundTrip(serializer, record);
        assertThat(read).usingRecursiveComparison().isEqualTo(record);
        assertThat(read.id()).isEqualTo("t-3-1099511627776");
    }

    @Test
    void targetRecordsComeBackAsTheyWere() throws IOException {
        TargetRecord record = new TargetRecord("t", 7, new byte[0], null, HEADERS);
        TypeSerializer<TargetRecord> serializer =
                RecordTypeInfo.TARGET.createSerializer(new SerializerConfigImpl());
        assertThat(roundTrip(serializer, record)).usingRecursiveComparison().isEqualTo(record);
    }

    @Test
    void aSnapshotRestoresItsSerializer() {
        assertThat(SourceRecordSerializer.INSTANCE.snapshotConfiguration().restoreSerializer())
                .isInstanceOf(SourceRecordSerializer.class);
    }
}

package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Status;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

final class FailedRecordTest {
    private static final TypeInformation<Tuple2<Long, String>> RECORD_TYPE =
            new TupleTypeInfo<>(Types.LONG, Types.STRING);

    @Test
    void failedRecordTravelsWithoutGenericTypes() throws Exception {
        SerializerConfigImpl config = new SerializerConfigImpl();
        config.setGenericTypes(false);
        TypeSerializer<FailedRecord<Tuple2<Long, String>>> serializer =
                FailedRecord.type(RECORD_TYPE).createSerializer(config);
        FailedRecord<Tuple2<Long, String>> failed =
                new FailedRecord<>(Tuple2.of(1L, "x"), Status.DEADLINE, "LLM-OP-03", "late", 2);
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(failed, out);
        assertThat(serializer.deserialize(new DataInputDeserializer(out.getCopyOfBuffer())))
                .isEqualTo(failed);
    }
}

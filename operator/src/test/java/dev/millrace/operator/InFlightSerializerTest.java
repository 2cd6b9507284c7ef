package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.Progress;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import java.io.EOFException;
import java.util.HexFormat;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

final class InFlightSerializerTest {
    private final InFlightSerializer<String> serializer =
            new InFlightSerializer<>(StringSerializer.INSTANCE);

    private static final InFlightState<String> STATE =
            new InFlightState<>(
                    "record",
                    true,
                    1_700_000_000_000L,
                    3,
                    "fp",
                    0x0123456789abcdefL,
                    List.of(
                            new Progress(TokenIds.of(7, 8), List.of()),
                            new Progress(
                                    TokenIds.of(9),
                                    List.of(
                                            new TokenLogprob(
                                                    9,
                                                    -0.5f,
                                                    List.of(
                                                            new TokenLogprob(
                                                                    1, -0.25f, List.of())))))));

    /** What version 1 wrote when it was new; savepoints out there look like this. */
    private static final String VERSION_1 =
            "077265636f7264" // "record", by Flink's string serializer
                    + "01"
                    + "0000018bcfe56800"
                    + "00000003"
                    + "00026670"
                    + "0123456789abcdef"
                    + "00000002"
                    + "00000002"
                    + "00000007"
                    + "00000008"
                    + "00000000"
                    + "00000001"
                    + "00000009"
                    + "00000001"
                    + "00000009"
                    + "bf000000"
                    + "00000001"
                    + "00000001"
                    + "be800000";

    @Test
    void stateSurvivesTheWayThroughBytes() throws Exception {
        byte[] bytes = bytesOf(STATE);
        assertThat(serializer.deserialize(new DataInputDeserializer(bytes))).isEqualTo(STATE);
        DataOutputSerializer copied = new DataOutputSerializer(64);
        serializer.copy(new DataInputDeserializer(bytes), copied);
        assertThat(copied.getCopyOfBuffer()).isEqualTo(bytes);
        assertThat(serializer.copy(STATE)).isEqualTo(STATE);
    }

    @Test
    void versionOneIsReadAndWrittenAsEver() throws Exception {
        assertThat(HexFormat.of().formatHex(bytesOf(STATE))).isEqualTo(VERSION_1);
        byte[] old = HexFormat.of().parseHex(VERSION_1);
        assertThat(serializer.deserialize(new DataInputDeserializer(old))).isEqualTo(STATE);
    }

    @Test
    void longProgressSurvives() throws Exception {
        int[] ids = new int[5000];
        java.util.Arrays.setAll(ids, i -> i);
        InFlightState<String> state =
                STATE.withProgress("fp", 1, List.of(new Progress(TokenIds.of(ids), List.of())));
        assertThat(serializer.deserialize(new DataInputDeserializer(bytesOf(state))))
                .isEqualTo(state);
    }

    @Test
    void lyingCountAllocatesNothingAndFails() throws Exception {
        byte[] bytes = bytesOf(STATE);
        int tokenCount = bytesOf(STATE.withProgress("fp", 1, List.of())).length;
        bytes[tokenCount] = 0x7f;
        assertThatThrownBy(() -> serializer.deserialize(new DataInputDeserializer(bytes)))
                .isInstanceOf(EOFException.class);
    }

    @Test
    void snapshotRestoresAnEqualSerializer() throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        TypeSerializerSnapshot.writeVersionedSnapshot(out, serializer.snapshotConfiguration());
        TypeSerializerSnapshot<InFlightState<String>> read =
                TypeSerializerSnapshot.readVersionedSnapshot(
                        new DataInputDeserializer(out.getCopyOfBuffer()),
                        getClass().getClassLoader());
        assertThat(read.restoreSerializer()).isEqualTo(serializer);
        assertThat(serializer.snapshotConfiguration().resolveSchemaCompatibility(read))
                .matches(compatibility -> compatibility.isCompatibleAsIs());
    }

    @Test
    void otherRecordTypeIsRefused() {
        TypeSerializer<InFlightState<Integer>> other =
                new InFlightSerializer<>(IntSerializer.INSTANCE);
        assertThat(other).isNotEqualTo(serializer);
    }

    private byte[] bytesOf(InFlightState<String> state) throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        serializer.serialize(state, out);
        return out.getCopyOfBuffer();
    }
}

package dev.millrace.connector.sql.table;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.operator.FailedRecord;
import dev.millrace.operator.FailureFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * Sends a row without an answer to the dead-letter topic, with headers that say why; its answers are null, its error columns are not.
 *
 * @param row makes the row as Kafka's sink takes it
 * @param deadLetterTopic where it goes
 * @param topic index of the field by which the sink knows the topic
 * @param headers index of the field that becomes the record's headers
 */
record DeadLetterRow(RowAnswer row, String deadLetterTopic, int topic, int headers)
        implements FailureFunction<RowData, RowData> {
    /** Kafka's metadata that a dead letter needs. */
    static final List<String> METADATA = List.of("topic", "headers");

    private static final String HEADER_PREFIX = "millrace.";

    @Override
    public RowData result(FailedRecord<RowData> failed) {
        GenericRowData letter = row.result(failed);
        letter.setField(topic, StringData.fromString(deadLetterTopic));
        Map<StringData, byte[]> all = new LinkedHashMap<>();
        if (!letter.isNullAt(headers)) {
            copy(letter.getMap(headers), all);
        }
        put(all, "status", failed.status().name());
        put(all, "code", failed.code());
        put(all, "message", failed.message());
        put(all, "attempt", String.valueOf(failed.attempt()));
        letter.setField(headers, new GenericMapData(all));
        return letter;
    }

    private static void copy(MapData from, Map<StringData, byte[]> to) {
        ArrayData keys = from.keyArray();
        ArrayData values = from.valueArray();
        for (int i = 0; i < from.size(); i++) {
            if (!keys.isNullAt(i) && !values.isNullAt(i)) {
                to.put(keys.getString(i), values.getBinary(i));
            }
        }
    }

    private static void put(Map<StringData, byte[]> headers, String name, String value) {
        headers.put(StringData.fromString(HEADER_PREFIX + name), value.getBytes(UTF_8));
    }
}

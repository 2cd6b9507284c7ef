package dev.millrace.connector.sql.table;

import dev.millrace.operator.LlmInference;
import dev.millrace.operator.LlmSpec;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.data.RowData;

/**
 * The operators of a table that is written: the model's operator, and Kafka's sink.
 *
 * @param kafka makes the sink
 * @param spec what the operator is told
 * @param type of the rows that the sink writes
 * @param uid begins the names of the operators' states where the planner has none for them
 */
record AnsweredSink(
        SinkV2Provider kafka,
        LlmSpec<RowData, RowData> spec,
        TypeInformation<RowData> type,
        String uid)
        implements DataStreamSinkProvider {

    @Override
    public DataStreamSink<?> consumeDataStream(ProviderContext context, DataStream<RowData> rows) {
        int parallelism = getParallelism().orElse(rows.getParallelism());
        SingleOutputStreamOperator<RowData> answers =
                LlmInference.of(rows, spec, type)
                        .uid(context.generateUid("llm").orElse(uid + "-sink-llm"))
                        .setParallelism(parallelism);
        return answers.sinkTo(kafka.createSink())
                .uid(context.generateUid("kafka").orElse(uid + "-sink"))
                .name(context.getName())
                .setParallelism(parallelism);
    }

    @Override
    public Optional<Integer> getParallelism() {
        return kafka.getParallelism();
    }
}

package dev.millrace.connector.sql.table;

import dev.millrace.operator.LlmInference;
import dev.millrace.operator.LlmSpec;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.data.RowData;

/**
 * The operators of a table that is read: Kafka's source, and the model's operator in one chain with it.
 *
 * @param kafka makes the source
 * @param spec what the operator is told
 * @param type of the table's rows
 * @param uid begins the names of the operators' states where the planner has none for them
 */
record AnsweredScan(
        DataStreamScanProvider kafka,
        LlmSpec<RowData, RowData> spec,
        TypeInformation<RowData> type,
        String uid)
        implements DataStreamScanProvider {

    @Override
    public DataStream<RowData> produceDataStream(
            ProviderContext context, StreamExecutionEnvironment env) {
        // The planner's names are there for compiled plans only, and Kafka's provider sets no
        // other.
        boolean planned = context.generateUid("llm").isPresent();
        SingleOutputStreamOperator<RowData> source =
                (SingleOutputStreamOperator<RowData>) kafka.produceDataStream(context, env);
        if (!planned) {
            source.uid(uid + "-source");
        }
        SingleOutputStreamOperator<RowData> answers =
                LlmInference.of(source, spec, type)
                        .uid(context.generateUid("llm").orElse(uid + "-source-llm"));
        getParallelism()
                .ifPresent(
                        parallelism -> {
                            source.setParallelism(parallelism);
                            answers.setParallelism(parallelism);
                        });
        return answers;
    }

    @Override
    public boolean isBounded() {
        return kafka.isBounded();
    }

    @Override
    public Optional<Integer> getParallelism() {
        return kafka.getParallelism();
    }
}

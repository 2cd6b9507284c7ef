package dev.millrace.operator;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SideOutputDataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.util.OutputTag;

/**
 * Asks a model about every record of a stream.
 *
 * <pre>{@code
 * SingleOutputStreamOperator<Answer> answers = LlmInference.of(tickets, spec, answerType).uid("llm");
 * DataStream<FailedRecord<Ticket>> failed = LlmInference.failedRecords(answers, tickets.getType());
 * }</pre>
 *
 * <p>Answers leave in the order in which they are ready. Give the operator a {@code uid}: it has state. Put it right
 * behind the source, where it is chained to it; behind an exchange, enable unaligned checkpoints.
 */
public final class LlmInference {
    private static final String FAILED_RECORDS = "llm-failed-records";

    private LlmInference() {}

    /** One result for each record, save those that {@link #failedRecords} has if the spec makes no result of them. */
    public static <IN, OUT> SingleOutputStreamOperator<OUT> of(
            DataStream<IN> records, LlmSpec<IN, OUT> spec, TypeInformation<OUT> resultType) {
        LlmOperatorFactory<IN, OUT> factory =
                new LlmOperatorFactory<>(spec, failedTag(records.getType()));
        return records.transform("LLM[" + spec.engine().label() + "]", resultType, factory);
    }

    /** The records that could not be answered, and why. Whoever ignores this stream loses them. */
    public static <IN> SideOutputDataStream<FailedRecord<IN>> failedRecords(
            SingleOutputStreamOperator<?> results, TypeInformation<IN> recordType) {
        return results.getSideOutput(failedTag(recordType));
    }

    static <IN> OutputTag<FailedRecord<IN>> failedTag(TypeInformation<IN> recordType) {
        return new OutputTag<>(FAILED_RECORDS, FailedRecord.type(recordType));
    }
}

package dev.millrace.examples;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import dev.millrace.operator.EngineSpec;
import dev.millrace.operator.FailedRecord;
import dev.millrace.operator.LlmInference;
import dev.millrace.operator.LlmSpec;
import dev.millrace.operator.OperatorOptions;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The program of the README: a model inside a DataStream job, without Kafka. Argument: a checkpoint. */
public final class SummarizeReviews {

    private SummarizeReviews() {}

    /** Prints a summary for each review, and what could not be answered. */
    public static void main(String[] arguments) throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.getExecutionEnvironment();
        summarize(
                        environment.fromData("It broke after two days.", "Best kettle I ever had!"),
                        arguments[0])
                .print();
        environment.execute("summarize-reviews");
    }

    /** A summary for each review. */
    public static DataStream<String> summarize(DataStream<String> reviews, String model) {
        LlmSpec<String, String> spec =
                new LlmSpec<>(
                        new EngineSpec(model, EngineConfig.defaults()),
                        review ->
                                Request.of(
                                        "review",
                                        new Prompt.Text("Review: " + review + "\nIn one word: "),
                                        SamplingParams.greedy(8)),
                        (review, completion) -> review + " -> " + completion.text(),
                        OperatorOptions.defaults());
        SingleOutputStreamOperator<String> summaries =
                LlmInference.of(reviews, spec, Types.STRING).uid("summaries");
        DataStream<FailedRecord<String>> failed =
                LlmInference.failedRecords(summaries, Types.STRING);
        failed.map(FailedRecord::message).printToErr();
        return summaries;
    }
}

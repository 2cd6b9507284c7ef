package dev.millrace.operator;

import dev.millrace.engine.TestingEngines;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Numbered records through the operator into a ledger, over a fake engine whose steps take a while and are counted.
 *
 * <p>Thread-safety: {@link #steps()} may be called from any thread.
 */
final class LedgerJob {
    private static final int MAX_IN_FLIGHT = 16;

    private final int numRecords;
    private final AtomicLong steps = new AtomicLong();
    private final TestingProvider provider;
    private final LedgerSink ledger = LedgerSink.create();
    private final LedgerSink failures = LedgerSink.create();

    LedgerJob(int numRecords, Duration step) {
        this(numRecords, TestingEngines.delay(step));
    }

    /** A job over an engine with a hook. */
    LedgerJob(int numRecords, LongConsumer hook) {
        this.numRecords = numRecords;
        this.provider =
                TestingProvider.of(
                        () ->
                                TestEngines.hooked(
                                        number -> {
                                            steps.incrementAndGet();
                                            hook.accept(number);
                                        }));
    }

    /** Steps of all engines so far. */
    long steps() {
        return steps.get();
    }

    LedgerSink ledger() {
        return ledger;
    }

    LedgerSink failures() {
        return failures;
    }

    TestingProvider provider() {
        return provider;
    }

    List<String> expected() {
        Map<String, String> results =
                TestingSpecs.expected(TestEngines.free(), TestingSpecs.records(numRecords));
        return List.copyOf(results.values());
    }

    /**
     * Starts the job.
     *
     * @param exchange whether network buffers lie between source and operator
     * @param linger how long the engine survives its users
     */
    JobClient start(StreamExecutionEnvironment env, boolean exchange, Duration linger)
            throws Exception {
        DataStream<String> records =
                env.fromSource(
                                new NumberSequenceSource(0, numRecords - 1),
                                WatermarkStrategy.<Long>forMonotonousTimestamps()
                                        .withTimestampAssigner((number, before) -> number),
                                "numbers")
                        .uid("numbers")
                        .map(number -> "record-" + number)
                        .returns(Types.STRING);
        return start(env, exchange ? records.rebalance() : records, linger);
    }

    /** Starts the job over other records. */
    JobClient start(StreamExecutionEnvironment env, DataStream<String> records, Duration linger)
            throws Exception {
        OperatorOptions options =
                new OperatorOptions(
                        MAX_IN_FLIGHT,
                        Duration.ZERO,
                        linger,
                        OnModelChange.FAIL,
                        OnEngineFailure.FAIL_TASK);
        SingleOutputStreamOperator<String> results =
                LlmInference.of(records, TestingSpecs.spec(provider, options), Types.STRING)
                        .uid("llm");
        results.sinkTo(ledger).uid("ledger");
        LlmInference.failedRecords(results, Types.STRING)
                .map(failed -> failed.code() + " " + failed.record())
                .returns(Types.STRING)
                .sinkTo(failures)
                .uid("failures");
        return env.executeAsync();
    }
}

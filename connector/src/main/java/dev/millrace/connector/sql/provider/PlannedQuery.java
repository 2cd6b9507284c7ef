package dev.millrace.connector.sql.provider;

import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.apache.flink.table.api.config.ExecutionConfigOptions.AsyncOutputMode;
import org.apache.flink.table.api.config.MLPredictRuntimeConfigOptions;

/**
 * How Flink will run one query's asynchronous calls.
 *
 * @param concurrency calls of one subtask that may be under way
 * @param timeout after which Flink fails the job
 * @param ordered whether a row waits for those before it
 */
record PlannedQuery(int concurrency, Duration timeout, boolean ordered) implements Serializable {

    /** The query's CONFIG, where it says nothing the session's. */
    static PlannedQuery of(ReadableConfig query, ReadableConfig session) {
        return new PlannedQuery(
                either(
                        query,
                        MLPredictRuntimeConfigOptions.ASYNC_MAX_CONCURRENT_OPERATIONS,
                        session,
                        ExecutionConfigOptions
                                .TABLE_EXEC_ASYNC_ML_PREDICT_MAX_CONCURRENT_OPERATIONS),
                either(
                        query,
                        MLPredictRuntimeConfigOptions.ASYNC_TIMEOUT,
                        session,
                        ExecutionConfigOptions.TABLE_EXEC_ASYNC_ML_PREDICT_TIMEOUT),
                either(
                                query,
                                MLPredictRuntimeConfigOptions.ASYNC_OUTPUT_MODE,
                                session,
                                ExecutionConfigOptions.TABLE_EXEC_ASYNC_ML_PREDICT_OUTPUT_MODE)
                        == AsyncOutputMode.ORDERED);
    }

    private static <T> T either(
            ReadableConfig query,
            ConfigOption<T> one,
            ReadableConfig session,
            ConfigOption<T> other) {
        return query.getOptional(one).orElseGet(() -> session.get(other));
    }

    /** Empty if the engine gets enough to do; otherwise what to say to the user. */
    String advice(int maxNumSeqs, int parallelism) {
        boolean starving = (long) concurrency * parallelism < maxNumSeqs;
        if (!starving) {
            return "";
        }
        int enough = Math.max(1, (int) Math.ceil(2.0 * maxNumSeqs / parallelism));
        return "At most "
                + concurrency
                + " rows of each of "
                + parallelism
                + " subtasks are asked at a time, but the engine batches up to "
                + maxNumSeqs
                + ". It will idle. Before the query, run:\n"
                + "SET 'table.exec.async-ml-predict.max-concurrent-operations' = '"
                + enough
                + "';"
                + (ordered
                        ? "\nSET 'table.exec.async-ml-predict.output-mode' = 'ALLOW_UNORDERED';"
                        : "")
                + (timeout.compareTo(Duration.ofMinutes(10)) < 0
                        ? "\nSET 'table.exec.async-ml-predict.timeout' = '10 min';"
                        : "");
    }
}

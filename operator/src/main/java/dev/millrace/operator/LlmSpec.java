package dev.millrace.operator;

import java.io.Serializable;
import java.util.Objects;

/**
 * All that an {@link LlmOperator} is told: which engine, what to ask it, what to make of the answer, within which limits.
 *
 * @param engine where the engine comes from
 * @param request what to ask for a record
 * @param result what to make of the answer
 * @param options limits and choices
 * @param failure what to make of a record without an answer; null lets it leave by {@link LlmInference#failedRecords}
 * @param <IN> type of the records
 * @param <OUT> type of the results
 */
public record LlmSpec<IN, OUT>(
        EngineProvider engine,
        RequestFunction<IN> request,
        ResultFunction<IN, OUT> result,
        OperatorOptions options,
        FailureFunction<IN, OUT> failure)
        implements Serializable {

    public LlmSpec {
        Objects.requireNonNull(engine, "engine");
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(options, "options");
    }

    /** Records without an answer leave by {@link LlmInference#failedRecords}. */
    public LlmSpec(
            EngineProvider engine,
            RequestFunction<IN> request,
            ResultFunction<IN, OUT> result,
            OperatorOptions options) {
        this(engine, request, result, options, null);
    }
}

package dev.millrace.operator;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Status;
import dev.millrace.engine.Usage;

/** Problems that the operator itself finds. */
enum OperatorError implements ErrorCode {
    /** The request function failed on the record. */
    REQUEST_FUNCTION("LLM-OP-01", Status.INVALID_INPUT),
    /** The result function failed on the answer. */
    RESULT_FUNCTION("LLM-OP-02", Status.INVALID_INPUT),
    /** The deadline passed before the answer was complete. */
    DEADLINE("LLM-OP-03", Status.DEADLINE),
    /** The state comes from another model. */
    MODEL_CHANGED("LLM-OP-04", Status.INVALID_INPUT),
    /** An operator option has a value that is not allowed. */
    INVALID_OPTION("LLM-OP-05", Status.INVALID_INPUT),
    /** A GPU of Flink's external resource has no number. */
    GPU_WITHOUT_INDEX("LLM-OP-06", Status.INVALID_INPUT);

    private final String id;
    private final Status status;

    OperatorError(String id, Status status) {
        this.id = id;
        this.status = status;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return status;
    }

    /**
     * What a user function threw: its own problem if it says one, otherwise the kind and place of the exception. Its text
     * may quote the record and is left out.
     */
    Problem problem(RuntimeException thrown) {
        if (thrown instanceof InvalidRequestException invalid) {
            return invalid.problem();
        }
        StackTraceElement[] trace = thrown.getStackTrace();
        String place = trace.length == 0 ? "" : " at " + trace[0];
        return new Problem(
                this,
                this == REQUEST_FUNCTION ? "request function" : "result function",
                thrown.getClass().getName() + place,
                "a value",
                "Mend the function, or let it throw InvalidRequestException for such records");
    }

    static Problem deadline(Usage usage) {
        return new Problem(
                DEADLINE,
                "timeout",
                usage.generatedTokens() + " tokens by the deadline",
                "a complete answer",
                "Allow more time or fewer tokens");
    }

    static InvalidModelException gpuWithoutIndex(String given) {
        return new InvalidModelException(
                new Problem(
                        GPU_WITHOUT_INDEX,
                        "external resource gpu, property index",
                        given.isEmpty() ? "none" : "\"" + given + "\"",
                        "the number of a CUDA device",
                        "Let the discovery script print numbers, or name the device with engine.device = cuda:N"));
    }

    static InvalidModelException modelChanged(String before, String now) {
        return new InvalidModelException(
                new Problem(
                        MODEL_CHANGED,
                        "model",
                        now,
                        before + ", which generated the tokens in the state",
                        "Restore with that model, or set on-model-change to regenerate"));
    }
}

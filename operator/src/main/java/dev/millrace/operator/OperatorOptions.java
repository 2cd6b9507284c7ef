package dev.millrace.operator;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.io.Serializable;
import java.time.Duration;

/**
 * Limits and choices of the operator.
 *
 * @param maxInFlight most records of one subtask that are being answered. They bound its state, and the time after the
 *     end of the input in which no checkpoint is taken
 * @param timeout deadline of each record that does not bring its own, from admission to the engine; after a restore it
 *     starts anew. Zero for none
 * @param engineLinger how long an engine stays loaded after its last user has gone, so that a restarted job finds it
 * @param onModelChange what to do with half-generated answers of another model
 * @param onEngineFailure what to do when the engine breaks
 */
public record OperatorOptions(
        int maxInFlight,
        Duration timeout,
        Duration engineLinger,
        OnModelChange onModelChange,
        OnEngineFailure onEngineFailure)
        implements Serializable {

    public OperatorOptions {
        if (maxInFlight < 1) {
            throw invalid("max-in-flight", String.valueOf(maxInFlight), "at least 1");
        }
        if (timeout.isNegative()) {
            throw invalid("timeout", timeout.toString(), "a positive duration, or 0 for none");
        }
        if (engineLinger.isNegative()) {
            throw invalid("engine-linger", engineLinger.toString(), "a duration of 0 or more");
        }
    }

    /** What an operator does when nothing is said. */
    public static OperatorOptions defaults() {
        return new OperatorOptions(
                256,
                Duration.ZERO,
                Duration.ofSeconds(30),
                OnModelChange.FAIL,
                OnEngineFailure.EXIT_IF_DEVICE_LOST);
    }

    private static InvalidRequestException invalid(String option, String given, String allowed) {
        return new InvalidRequestException(
                new Problem(
                        OperatorError.INVALID_OPTION, option, given, allowed, "Change the option"));
    }
}

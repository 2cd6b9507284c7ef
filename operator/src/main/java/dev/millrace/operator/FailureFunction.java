package dev.millrace.operator;

import java.io.Serializable;

/**
 * Makes a result of a record that could not be answered, so that it leaves where the answers do.
 *
 * @param <IN> type of the records
 * @param <OUT> type of the results
 */
@FunctionalInterface
public interface FailureFunction<IN, OUT> extends Serializable {

    /** The result that leaves the operator in the answer's place, with the record's timestamp. What it throws fails the task. */
    OUT result(FailedRecord<IN> failed);
}

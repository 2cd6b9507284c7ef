package dev.millrace.operator;

import dev.millrace.engine.Completion;
import dev.millrace.engine.InvalidRequestException;
import java.io.IOException;
import java.io.Serializable;

/**
 * Makes the result of a record and the model's answer to it.
 *
 * @param <IN> type of the records
 * @param <OUT> type of the results
 */
@FunctionalInterface
public interface ResultFunction<IN, OUT> extends Serializable {

    /**
     * The result that leaves the operator, with the record's timestamp.
     *
     * @throws InvalidRequestException if the answer is of no use; the record goes to the failed records with this problem
     * @throws IOException if something it depends on is out of reach; the task fails and Flink restarts it
     */
    OUT result(IN record, Completion completion) throws IOException;
}

package dev.millrace.operator;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Request;
import java.io.IOException;
import java.io.Serializable;

/**
 * Says what to ask the model for a record.
 *
 * <p>It must be a pure function: after a restore it is called again for records in flight, and only if it gives the same
 * prompt and sampling parameters as before does the answer go on from its checkpointed tokens. Random seeds are therefore
 * derived from the record, never drawn.
 *
 * @param <IN> type of the records
 */
@FunctionalInterface
public interface RequestFunction<IN> extends Serializable {

    /**
     * The request for a record.
     *
     * @throws InvalidRequestException if the record cannot be served; it goes to the failed records with this problem
     * @throws IOException if something it depends on is out of reach; the task fails and Flink restarts it
     */
    Request request(IN record) throws IOException;
}

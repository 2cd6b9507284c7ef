package dev.millrace.operator;

import dev.millrace.engine.Problem;
import dev.millrace.engine.Status;
import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;

/**
 * A record without an answer, and why.
 *
 * @param record the record as it came
 * @param status what became of it
 * @param code stable code of the problem
 * @param message what is wrong, free of the record's content
 * @param attempt 1, and one more for every restore the record went through
 * @param <IN> type of the records
 */
public record FailedRecord<IN>(IN record, Status status, String code, String message, int attempt) {

    static <IN> FailedRecord<IN> of(IN record, Problem problem, int attempt) {
        return new FailedRecord<>(
                record, problem.code().status(), problem.code().id(), problem.message(), attempt);
    }

    /** Type of failed records whose records have the given type. */
    @SuppressWarnings("unchecked") // Class<FailedRecord<IN>> has no literal
    public static <IN> TypeInformation<FailedRecord<IN>> type(TypeInformation<IN> recordType) {
        return (TypeInformation<FailedRecord<IN>>)
                (TypeInformation<?>)
                        Types.POJO(
                                FailedRecord.class,
                                Map.of(
                                        "record", recordType,
                                        "status", Types.ENUM(Status.class),
                                        "code", Types.STRING,
                                        "message", Types.STRING,
                                        "attempt", Types.INT));
    }
}

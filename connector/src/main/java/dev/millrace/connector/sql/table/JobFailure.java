package dev.millrace.connector.sql.table;

import dev.millrace.operator.FailedRecord;
import dev.millrace.operator.FailureFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.FlinkRuntimeException;

/** A row that cannot be answered fails the job. */
record JobFailure() implements FailureFunction<RowData, RowData> {

    @Override
    public RowData result(FailedRecord<RowData> failed) {
        throw new FlinkRuntimeException(failed.message());
    }
}

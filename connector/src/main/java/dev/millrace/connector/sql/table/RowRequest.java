package dev.millrace.connector.sql.table;

import dev.millrace.engine.Prompt;
import dev.millrace.engine.Request;
import dev.millrace.operator.RequestFunction;
import org.apache.flink.table.data.RowData;

/**
 * What to ask the model for a row.
 *
 * @param inputs from a row as it comes to its INPUT columns
 * @param id names the request
 * @param task makes the prompt
 */
record RowRequest(RowMapping inputs, RowId id, RowTask task) implements RequestFunction<RowData> {

    @Override
    public Request request(RowData row) {
        Prompt prompt = task.prompt(inputs.map(row));
        String name = id.of(row, prompt);
        return Request.of(name, prompt, task.sampling(name));
    }
}

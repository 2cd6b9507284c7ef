package dev.millrace.connector.sql.model;

import dev.millrace.connector.sql.ErrorHandlingStrategy;
import dev.millrace.connector.sql.Task;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.connector.sql.row.OutputColumns;
import dev.millrace.engine.AnswerFormat;
import dev.millrace.engine.Prompt;
import dev.millrace.operator.EngineProvider;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * A model as a statement describes it, checked as far as that goes without its checkpoint.
 *
 * @param name in messages, metrics and logs
 * @param engine where its engine comes from
 * @param engineLinger how long the engine stays loaded after its last user
 * @param maxNumSeqs most sequences in one step of the engine
 * @param task what is asked
 * @param settings how it is asked
 * @param inputs names and types of the INPUT columns
 * @param prompt what a row becomes
 * @param outputs the OUTPUT columns
 * @param overflow what becomes of long prompts
 * @param errors what becomes of rows that cannot be answered
 * @param timeout deadline of a row; zero for none
 */
public record SqlModel(
        String name,
        EngineProvider engine,
        Duration engineLinger,
        int maxNumSeqs,
        Task task,
        TaskSettings settings,
        RowType inputs,
        PromptSource prompt,
        OutputColumns outputs,
        ContextLimit overflow,
        ErrorHandlingStrategy errors,
        Duration timeout)
        implements Serializable {

    /** What is asked about a row, whatever its length. */
    public Prompt wholePrompt(RowData row, ColumnTexts texts) {
        return prompt.of(row, texts).whole();
    }

    /** The same model whose plain text is forced into a form. */
    public SqlModel withFormat(AnswerFormat format) {
        TaskSettings.Generation now = (TaskSettings.Generation) settings;
        TaskSettings formatted =
                new TaskSettings.Generation(
                        now.sampling().toBuilder().format(format).build(),
                        now.seedOfRow(),
                        now.typed());
        return new SqlModel(
                name,
                engine,
                engineLinger,
                maxNumSeqs,
                task,
                formatted,
                inputs,
                prompt,
                outputs,
                overflow,
                errors,
                timeout);
    }
}

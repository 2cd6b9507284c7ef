package dev.millrace.connector.sql.provider;

import dev.millrace.connector.sql.model.Deadline;
import dev.millrace.connector.sql.model.RowInference;
import dev.millrace.connector.sql.model.SqlModel;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the rows of one {@code ML_PREDICT}. Its engine is that of all subtasks and queries of the process with the same model and engine
 * options.
 *
 * <p>Thread-safety: none; owned by the task thread.
 */
public final class ModelPredictFunction extends AsyncPredictFunction {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(ModelPredictFunction.class);

    private final SqlModel model;
    private final PlannedQuery query;

    private transient RowInference inference;

    ModelPredictFunction(SqlModel model, PlannedQuery query) {
        this.model = model;
        this.query = query;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        super.open(context);
        if (context.getTaskInfo().getIndexOfThisSubtask() == 0) {
            int parallelism = context.getTaskInfo().getNumberOfParallelSubtasks();
            String advice = query.advice(model.maxNumSeqs(), parallelism);
            if (!advice.isEmpty()) {
                LOG.warn("Model {}: {}", model.name(), advice);
            }
        }
        Deadline deadline = Deadline.below(model.timeout(), query.timeout());
        inference = RowInference.open(model, deadline, context);
    }

    @Override
    public CompletableFuture<Collection<RowData>> asyncPredict(RowData row) {
        return inference.infer(row);
    }

    /** As in the superclass, whose exceptions would quote the row. */
    @Override
    public void eval(CompletableFuture<Collection<RowData>> future, Object... args) {
        CompletableFuture<Collection<RowData>> unused =
                asyncPredict(GenericRowData.of(args))
                        .whenComplete(
                                (rows, error) -> {
                                    if (error == null) {
                                        future.complete(rows);
                                    } else {
                                        future.completeExceptionally(error);
                                    }
                                });
    }

    @Override
    public void close() throws Exception {
        if (inference != null) {
            inference.close();
        }
        super.close();
    }
}

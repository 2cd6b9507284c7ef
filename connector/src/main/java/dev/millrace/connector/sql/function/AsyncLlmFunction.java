package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.model.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.AsyncScalarFunction;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.types.inference.TypeInference;

/** A function of the module in streaming mode. */
public final class AsyncLlmFunction extends AsyncScalarFunction {
    private static final long serialVersionUID = 1L;

    private final FunctionModel model;
    private final Duration flinkTimeout;

    private transient FunctionCalls calls;

    /** {@code flinkTimeout}: after which Flink fails the job. */
    AsyncLlmFunction(FunctionModel model, Duration flinkTimeout) {
        this.model = model;
        this.flinkTimeout = flinkTimeout;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        super.open(context);
        calls = new FunctionCalls(model, Deadline.below(model.timeout(), flinkTimeout), context);
    }

    /** Called by generated code, with the arguments in their external form. */
    public void eval(CompletableFuture<Object> future, Object... args) throws InterruptedException {
        CompletableFuture<Object> unused =
                calls.call(args)
                        .whenComplete(
                                (result, error) -> {
                                    if (error == null) {
                                        future.complete(result);
                                    } else {
                                        future.completeExceptionally(error);
                                    }
                                });
    }

    @Override
    public void close() throws Exception {
        if (calls != null) {
            calls.close();
        }
        super.close();
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory typeFactory) {
        return model.typeInference();
    }

    /** Otherwise the planner may ask twice for one row. */
    @Override
    public boolean isDeterministic() {
        return false;
    }
}

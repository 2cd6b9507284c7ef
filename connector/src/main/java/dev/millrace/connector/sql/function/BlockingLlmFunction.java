package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.model.Deadline;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.util.FlinkRuntimeException;

/** A function of the module in batch mode, where Flink has no asynchronous functions: each subtask asks about one row at a time. */
public final class BlockingLlmFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private final FunctionModel model;

    private transient FunctionCalls calls;

    BlockingLlmFunction(FunctionModel model) {
        this.model = model;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        super.open(context);
        calls = new FunctionCalls(model, Deadline.below(model.timeout(), Duration.ZERO), context);
    }

    /** Called by generated code, with the arguments in their external form. */
    public Object eval(Object... args) throws InterruptedException {
        try {
            return calls.call(args).get();
        } catch (ExecutionException e) {
            throw new FlinkRuntimeException(e.getCause());
        }
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

    @Override
    public boolean isDeterministic() {
        return false;
    }
}

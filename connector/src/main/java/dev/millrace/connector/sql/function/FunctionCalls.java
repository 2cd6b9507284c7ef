package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.model.Deadline;
import dev.millrace.connector.sql.model.RowInference;
import dev.millrace.connector.sql.model.SqlModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.FunctionContext;

/**
 * The calls of one function in one subtask.
 *
 * <p>Thread-safety: none; owned by the task thread.
 */
final class FunctionCalls implements AutoCloseable {
    private static final int MAX_KEPT = 64;

    /** A model, and whether its whole row is the function's result. */
    private record Variant(RowInference inference, boolean rows) {}

    private final FunctionModel model;
    private final Deadline deadline;
    private final FunctionContext context;
    private final Map<Object, Variant> variants =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Object, Variant> eldest) {
                    return size() > MAX_KEPT;
                }
            };
    private RowInference root;

    FunctionCalls(FunctionModel model, Deadline deadline, FunctionContext context) {
        this.model = model;
        this.deadline = deadline;
        this.context = context;
    }

    /** The function's result, in Flink's internal form; null where the row could not be answered. */
    CompletableFuture<Object> call(Object... args) throws InterruptedException {
        int inputs = model.kind().inputs().getChildren().size();
        Object extra = args.length > inputs ? args[inputs] : null;
        Variant variant = variant(extra);
        GenericRowData row = new GenericRowData(inputs);
        for (int i = 0; i < inputs; i++) {
            row.setField(i, StringData.fromString((String) args[i]));
        }
        return variant.inference
                .infer(row)
                .thenApply(rows -> rows.isEmpty() ? null : result(rows.iterator().next(), variant));
    }

    private static Object result(RowData row, Variant variant) {
        GenericRowData answer = (GenericRowData) row;
        boolean failed = answer.getArity() > 0 && allNull(answer);
        if (variant.rows) {
            return failed ? null : answer;
        }
        return answer.getField(0);
    }

    private static boolean allNull(GenericRowData row) {
        for (int i = 0; i < row.getArity(); i++) {
            if (!row.isNullAt(i)) {
                return false;
            }
        }
        return true;
    }

    private Variant variant(Object extra) throws InterruptedException {
        Object key = extra instanceof Object[] array ? Arrays.asList(array) : extra;
        Variant known = variants.get(key);
        if (known == null) {
            known = new Variant(inference(model.model(extra)), model.answersRows(extra));
            variants.put(key instanceof List<?> list ? List.copyOf(list) : key, known);
        }
        return known;
    }

    private RowInference inference(SqlModel one) throws InterruptedException {
        if (root != null) {
            return root.with(one);
        }
        root = RowInference.open(one, deadline, context);
        return Objects.requireNonNull(root);
    }

    @Override
    public void close() {
        if (root != null) {
            root.close();
        }
    }
}

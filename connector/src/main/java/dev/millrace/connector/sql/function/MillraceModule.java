package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.model.SqlModelReader;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.config.ExecutionConfigOptions;
import org.apache.flink.table.functions.FunctionDefinition;
import org.apache.flink.table.module.Module;

/** The functions of {@code LOAD MODULE millrace}, all of one model. */
final class MillraceModule implements Module {
    private final Map<String, String> options;
    private final SqlModelReader reader;
    private final ReadableConfig session;

    MillraceModule(Map<String, String> options, SqlModelReader reader, ReadableConfig session) {
        this.options = Map.copyOf(options);
        this.reader = reader;
        this.session = session;
    }

    @Override
    public Set<String> listFunctions() {
        return Arrays.stream(FunctionKind.values())
                .map(FunctionKind::name)
                .collect(Collectors.toSet());
    }

    @Override
    public Optional<FunctionDefinition> getFunctionDefinition(String name) {
        return FunctionKind.of(name).map(this::function);
    }

    private FunctionDefinition function(FunctionKind kind) {
        FunctionModel model = new FunctionModel(kind, options, reader);
        return session.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH
                ? new BlockingLlmFunction(model)
                : new AsyncLlmFunction(
                        model, session.get(ExecutionConfigOptions.TABLE_EXEC_ASYNC_SCALAR_TIMEOUT));
    }
}

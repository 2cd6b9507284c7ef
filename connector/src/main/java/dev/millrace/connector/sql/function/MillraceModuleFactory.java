package dev.millrace.connector.sql.function;

import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.model.EngineSource;
import dev.millrace.connector.sql.model.SqlModel;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.engine.hub.ModelRoots;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.factories.ModuleFactory;
import org.apache.flink.table.module.Module;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the module of {@code LOAD MODULE millrace WITH ('model' = …)}; Flink finds it by its name. */
public class MillraceModuleFactory implements ModuleFactory {
    /** Name of the module. */
    public static final String IDENTIFIER = "millrace";

    private static final Logger LOG = LoggerFactory.getLogger(MillraceModuleFactory.class);

    @Override
    public String factoryIdentifier() {
        return IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return OptionList.required();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return OptionList.optional();
    }

    @Override
    public Module createModule(Context context) {
        Map<String, String> options = context.getOptions();
        SqlModelReader reader = new SqlModelReader(factoryIdentifier(), engines());
        // Refuses options that no function can have.
        SqlModel unused = new FunctionModel(FunctionKind.LLM_GENERATE, options, reader).model(null);
        LOG.warn(
                "In streaming mode Flink 2.3.0 turns nulls of other columns beside an asynchronous function into default values ('', -1,"
                        + " false). Use ML_PREDICT where columns that are selected beside a call may be null.");
        return new MillraceModule(options, reader, context.getConfiguration());
    }

    /** Where engines come from. */
    EngineSource engines() {
        return EngineSource.ofCheckpoints(ModelRoots.fromEnvironment());
    }
}

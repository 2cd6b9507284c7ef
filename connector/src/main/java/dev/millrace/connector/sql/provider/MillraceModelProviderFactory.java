package dev.millrace.connector.sql.provider;

import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.model.EngineSource;
import dev.millrace.connector.sql.model.SqlModelReader;
import dev.millrace.engine.hub.ModelRoots;
import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.factories.ModelProviderFactory;
import org.apache.flink.table.ml.ModelProvider;

/** Makes models of {@code CREATE MODEL … WITH ('provider' = 'millrace', …)}; Flink finds it by its name. */
public class MillraceModelProviderFactory implements ModelProviderFactory {
    /** Value of the option {@code provider}. */
    public static final String IDENTIFIER = "millrace";

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
    public ModelProvider createModelProvider(Context context) {
        MillraceModelProvider provider =
                new MillraceModelProvider(
                        new SqlModelReader(factoryIdentifier(), engines()),
                        context.getObjectIdentifier().getObjectName(),
                        context.getCatalogModel(),
                        context.getConfiguration());
        provider.check();
        return provider;
    }

    /** Where engines come from. */
    EngineSource engines() {
        return EngineSource.ofCheckpoints(ModelRoots.fromEnvironment());
    }
}

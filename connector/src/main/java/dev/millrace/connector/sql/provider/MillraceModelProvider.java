package dev.millrace.connector.sql.provider;

import dev.millrace.connector.sql.OptionList;
import dev.millrace.connector.sql.model.SqlModel;
import dev.millrace.connector.sql.model.SqlModelReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.config.MLPredictRuntimeConfigOptions;
import org.apache.flink.table.catalog.ResolvedCatalogModel;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.functions.AsyncPredictFunction;
import org.apache.flink.table.ml.AsyncPredictRuntimeProvider;
import org.apache.flink.table.ml.ModelProvider;
import org.apache.flink.table.types.logical.RowType;

/**
 * A model of the catalog, for the planner. Queries may change some of its options by their CONFIG.
 *
 * @param session configuration of the session that plans the query
 */
record MillraceModelProvider(
        SqlModelReader reader,
        String name,
        ResolvedCatalogModel catalogModel,
        ReadableConfig session)
        implements AsyncPredictRuntimeProvider {
    private static final List<String> FLINKS =
            Stream.of(
                            MLPredictRuntimeConfigOptions.ASYNC,
                            MLPredictRuntimeConfigOptions.ASYNC_OUTPUT_MODE,
                            MLPredictRuntimeConfigOptions.ASYNC_MAX_CONCURRENT_OPERATIONS,
                            MLPredictRuntimeConfigOptions.ASYNC_TIMEOUT)
                    .map(ConfigOption::key)
                    .toList();

    /** Refuses a model that cannot be used. */
    void check() {
        SqlModel unused = model(Map.of());
    }

    @Override
    public AsyncPredictFunction createAsyncPredictFunction(Context context) {
        SqlModel model = model(overrides(context.runtimeConfig().toMap()));
        return new ModelPredictFunction(model, PlannedQuery.of(context.runtimeConfig(), session));
    }

    private SqlModel model(Map<String, String> overrides) {
        Map<String, String> options = new HashMap<>(catalogModel.getOptions());
        options.putAll(overrides);
        return reader.read(
                name,
                options,
                rowType(catalogModel.getResolvedInputSchema()),
                rowType(catalogModel.getResolvedOutputSchema()));
    }

    private static RowType rowType(ResolvedSchema schema) {
        return (RowType) schema.toPhysicalRowDataType().getLogicalType();
    }

    /** The keys of a query's CONFIG that are this provider's; Flink itself takes any key. */
    private Map<String, String> overrides(Map<String, String> config) {
        List<String> own = OptionList.keys(true);
        Map<String, String> overrides = new TreeMap<>();
        for (Map.Entry<String, String> entry : config.entrySet()) {
            if (own.contains(entry.getKey())) {
                overrides.put(entry.getKey(), entry.getValue());
            } else if (!FLINKS.contains(entry.getKey())) {
                List<String> known = new ArrayList<>(own);
                known.addAll(FLINKS);
                throw OptionList.unknown("the CONFIG of ML_PREDICT", entry.getKey(), known);
            }
        }
        return overrides;
    }

    @Override
    public ModelProvider copy() {
        return this;
    }
}

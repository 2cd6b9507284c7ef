package dev.millrace.connector.sql.table;

import java.util.Map;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.factories.DynamicTableFactory;

/**
 * What Flink's own Kafka connector is told of a table.
 *
 * @param outer what this connector is told
 * @param table the part of the table that is Kafka's
 */
record KafkaTableContext(DynamicTableFactory.Context outer, ResolvedCatalogTable table)
        implements DynamicTableFactory.Context {

    @Override
    public ObjectIdentifier getObjectIdentifier() {
        return outer.getObjectIdentifier();
    }

    @Override
    public ResolvedCatalogTable getCatalogTable() {
        return table;
    }

    @Override
    public Map<String, String> getEnrichmentOptions() {
        return outer.getEnrichmentOptions();
    }

    @Override
    public ReadableConfig getConfiguration() {
        return outer.getConfiguration();
    }

    @Override
    public ClassLoader getClassLoader() {
        return outer.getClassLoader();
    }

    @Override
    public boolean isTemporary() {
        return outer.isTemporary();
    }
}

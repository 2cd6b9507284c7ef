package dev.millrace.connector.sql.table;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.connector.sql.model.EngineSource;

/** The connector {@code testing-kafka}, whose models are named after a {@link TestingEngineProvider}; all else is as in {@code millrace-kafka}. */
public final class TestingKafkaTableFactory extends MillraceKafkaTableFactory {
    @Override
    public String factoryIdentifier() {
        return "testing-kafka";
    }

    @Override
    EngineSource engines() {
        return (model, config) -> new TestingEngineProvider(model);
    }
}

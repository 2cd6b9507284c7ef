package dev.millrace.connector.sql;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.engine.EngineConfig;
import dev.millrace.operator.EngineProvider;

/** The connector {@code testing-kafka}, whose models are named after a {@link TestingEngineProvider}; all else is as in {@code millrace-kafka}. */
public final class TestingKafkaTableFactory extends MillraceKafkaTableFactory {
    @Override
    public String factoryIdentifier() {
        return "testing-kafka";
    }

    @Override
    EngineProvider engine(String model, EngineConfig config) {
        return new TestingEngineProvider(model);
    }
}

package dev.millrace.connector.sql;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.engine.EngineConfig;
import dev.millrace.operator.EngineProvider;

/** The provider {@code testing}, whose models are named after a {@link TestingEngineProvider}; all else is as in {@code millrace}. */
public final class TestingModelProviderFactory extends MillraceModelProviderFactory {
    @Override
    public String factoryIdentifier() {
        return "testing";
    }

    @Override
    EngineProvider engine(String model, EngineConfig config) {
        return new TestingEngineProvider(model);
    }
}

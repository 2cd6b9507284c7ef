package dev.millrace.connector.sql.provider;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.connector.sql.model.EngineSource;

/** The provider {@code testing}, whose models are named after a {@link TestingEngineProvider}; all else is as in {@code millrace}. */
public final class TestingModelProviderFactory extends MillraceModelProviderFactory {
    @Override
    public String factoryIdentifier() {
        return "testing";
    }

    @Override
    EngineSource engines() {
        return (model, config) -> new TestingEngineProvider(model);
    }
}

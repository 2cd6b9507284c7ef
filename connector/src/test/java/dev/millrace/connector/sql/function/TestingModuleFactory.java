package dev.millrace.connector.sql.function;

import dev.millrace.connector.TestingEngineProvider;
import dev.millrace.connector.sql.model.EngineSource;

/** The module {@code testing}, whose models are named after a {@link TestingEngineProvider}; all else is as in the module {@code millrace}. */
public final class TestingModuleFactory extends MillraceModuleFactory {
    @Override
    public String factoryIdentifier() {
        return "testing";
    }

    @Override
    EngineSource engines() {
        return (model, config) -> new TestingEngineProvider(model);
    }
}

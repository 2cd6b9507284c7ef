package dev.millrace.connector.sql;

import dev.millrace.engine.EngineConfig;
import dev.millrace.operator.EngineProvider;
import java.io.Serializable;

/** Makes the provider of an engine from a model's name or path. */
@FunctionalInterface
interface EngineSource extends Serializable {

    EngineProvider engine(String model, EngineConfig config);
}

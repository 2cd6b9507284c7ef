package dev.millrace.connector.sql.model;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.hub.ModelRoots;
import dev.millrace.operator.EngineProvider;
import dev.millrace.operator.EngineSpec;
import java.io.Serializable;

/** Makes the provider of an engine from a model's name or path. */
@FunctionalInterface
public interface EngineSource extends Serializable {

    /**
     * The provider.
     *
     * @throws dev.millrace.engine.InvalidModelException if the model may not be used
     */
    EngineProvider engine(String model, EngineConfig config);

    /** Engines of checkpoints; paths must be allowed where the query is planned, and again where the engine is loaded. */
    static EngineSource ofCheckpoints(ModelRoots roots) {
        return (model, config) -> {
            roots.requireAllowed(model);
            return new EngineSpec(model, config);
        };
    }
}

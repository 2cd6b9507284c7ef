package dev.millrace.connector;

import dev.millrace.engine.LlmEngine;
import dev.millrace.operator.EngineProvider;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Finds its engines by name, so that a job's graph can be serialized while its engine is made by the test.
 *
 * @param name key of the engines
 */
public record TestingEngineProvider(String name) implements EngineProvider {
    private static final Map<String, Supplier<LlmEngine>> ENGINES = new ConcurrentHashMap<>();

    public static TestingEngineProvider of(Supplier<LlmEngine> engines) {
        String name = UUID.randomUUID().toString();
        ENGINES.put(name, engines);
        return new TestingEngineProvider(name);
    }

    @Override
    public LlmEngine load() {
        return ENGINES.get(name).get();
    }

    @Override
    public String label() {
        return "testing";
    }
}

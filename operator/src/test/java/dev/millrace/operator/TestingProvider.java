package dev.millrace.operator;

import dev.millrace.engine.LlmEngine;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Finds its engines by name, so that a job's graph can be serialized while its engine is made by the test.
 *
 * @param name key of the engines
 */
record TestingProvider(String name) implements EngineProvider {
    private record Source(Supplier<LlmEngine> engines, AtomicInteger loads) {}

    private static final Map<String, Source> SOURCES = new ConcurrentHashMap<>();

    static TestingProvider of(Supplier<LlmEngine> engines) {
        String name = UUID.randomUUID().toString();
        SOURCES.put(name, new Source(engines, new AtomicInteger()));
        return new TestingProvider(name);
    }

    @Override
    public LlmEngine load() {
        Source source = SOURCES.get(name);
        source.loads.incrementAndGet();
        return source.engines.get();
    }

    /** How often an engine was loaded. */
    int loads() {
        return SOURCES.get(name).loads.get();
    }

    @Override
    public String label() {
        return "testing";
    }
}

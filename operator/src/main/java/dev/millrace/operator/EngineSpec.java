package dev.millrace.operator;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.hub.ModelPath;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An engine for a checkpoint that every TaskManager finds under the same path, or fetches by its name into its own cache.
 *
 * @param model a Hugging Face folder, a GGUF file, or a name {@code ORG/NAME[@REVISION][:QUANTIZATION]} on a hub
 * @param config limits and choices of the engine
 */
public record EngineSpec(String model, EngineConfig config) implements EngineProvider {

    public EngineSpec {
        Objects.requireNonNull(model, "model");
        EngineOptions.check(config);
    }

    @Override
    public LlmEngine load() {
        return LlmEngine.load(ModelPath.of(model), config);
    }

    @Override
    public List<EngineProvider> onGpus(List<Integer> indexes) {
        if (!config.device().equals("auto") || indexes.isEmpty()) {
            return List.of(this);
        }
        return indexes.stream().<EngineProvider>map(this::onGpu).toList();
    }

    private EngineSpec onGpu(int index) {
        return new EngineSpec(
                model, EngineOptions.parse(Map.of("device", "cuda:" + index), config));
    }

    @Override
    public String device() {
        return config.device();
    }

    @Override
    public String label() {
        Path name = Path.of(model).getFileName();
        return name == null ? model : name.toString();
    }
}

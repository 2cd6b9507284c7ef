package dev.millrace.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.LlmEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.externalresource.ExternalResourceDriver;
import org.apache.flink.api.common.externalresource.ExternalResourceDriverFactory;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.plugin.PluginManager;
import org.apache.flink.runtime.externalresource.ExternalResourceInfoProvider;
import org.apache.flink.runtime.externalresource.ExternalResourceUtils;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Engines whose device is open run on the GPUs that Flink's configuration gives the TaskManager. */
@Timeout(60)
final class FlinkGpusTest {
    private static final OperatorOptions OPTIONS =
            new OperatorOptions(
                    64,
                    Duration.ZERO,
                    Duration.ZERO,
                    OnModelChange.FAIL,
                    OnEngineFailure.FAIL_TASK);

    private final List<OperatorHarness> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        opened.forEach(OperatorHarness::close);
    }

    @Test
    void subtasksSpreadOverTheGpusOfTheirProcess() throws Exception {
        ExternalResourceInfoProvider gpus = gpus("3", "1");
        OpenDevice provider = new OpenDevice("spread", "");
        OperatorHarness first = open(provider, gpus);
        open(provider, gpus);
        OperatorHarness third = open(provider, gpus);
        assertThat(OpenDevice.loaded("spread")).containsExactly("cuda:1", "cuda:3");
        first.process("a", 1);
        third.process("a", 1);
        first.endInput();
        third.endInput();
        assertThat(first.results()).hasSize(1).isEqualTo(third.results());
    }

    @Test
    void anotherModelTakesTheGpuThatIsFree() throws Exception {
        ExternalResourceInfoProvider gpus = gpus("0", "1");
        open(new OpenDevice("a", ""), gpus);
        open(new OpenDevice("b", ""), gpus);
        assertThat(OpenDevice.loaded("a")).containsExactly("cuda:0");
        assertThat(OpenDevice.loaded("b")).containsExactly("cuda:1");
    }

    @Test
    void withoutTheResourceTheDeviceStaysOpen() throws Exception {
        open(new OpenDevice("none", ""), ExternalResourceInfoProvider.NO_EXTERNAL_RESOURCES);
        assertThat(OpenDevice.loaded("none")).containsExactly("");
    }

    @Test
    void onlyAnOpenDeviceIsChosen() {
        EngineConfig config = EngineOptions.parse(Map.of("device", "auto", "max-num-seqs", "7"));
        EngineSpec open = new EngineSpec("model", config);
        assertThat(open.onGpus(List.of())).containsExactly(open);
        assertThat(open.onGpus(List.of(0, 2)))
                .extracting(EngineProvider::device)
                .containsExactly("cuda:0", "cuda:2");
        EngineSpec onTwo = (EngineSpec) open.onGpus(List.of(2)).get(0);
        assertThat(onTwo.config().maxNumSeqs()).isEqualTo(7);
        for (String device : List.of("cpu", "cuda", "cuda:1")) {
            EngineConfig named = EngineOptions.parse(Map.of("device", device));
            EngineSpec spec = new EngineSpec("model", named);
            assertThat(spec.onGpus(List.of(0))).containsExactly(spec);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GPU-8f3c", "-1"})
    void aGpuWithoutANumberEndsTheJobWithTheReason(String index) {
        assertThatThrownBy(() -> open(new OpenDevice("bad", ""), gpus("0", index)))
                .cause()
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("LLM-OP-06", "index", "discovery script");
    }

    private OperatorHarness open(EngineProvider provider, ExternalResourceInfoProvider resources)
            throws Exception {
        OperatorHarness harness =
                OperatorHarness.open(
                        TestingSpecs.spec(provider, OPTIONS),
                        new MockEnvironmentBuilder()
                                .setExternalResourceInfoProvider(resources)
                                .build());
        opened.add(harness);
        return harness;
    }

    /** Flink's own way from configuration and driver to the infos; only the driver is of the test. */
    private static ExternalResourceInfoProvider gpus(String... indexes) {
        Configuration config = new Configuration();
        config.setString("external-resources", "gpu");
        config.setString("external-resource.gpu.amount", Integer.toString(indexes.length));
        config.setString(
                "external-resource.gpu.driver-factory.class", DriverFactory.class.getName());
        config.setString("external-resource.gpu.param.indexes", String.join(",", indexes));
        return ExternalResourceUtils.createStaticExternalResourceInfoProviderFromConfig(
                config, new Plugins());
    }

    /** Plugins with the one driver. */
    private static final class Plugins implements PluginManager {
        @Override
        public <P> Iterator<P> load(Class<P> service) {
            return List.of(service.cast(new DriverFactory())).iterator();
        }
    }

    /** Makes drivers that find the GPUs of the parameter {@code indexes}. */
    public static final class DriverFactory implements ExternalResourceDriverFactory {
        @Override
        public ExternalResourceDriver createExternalResourceDriver(Configuration config) {
            String indexes = config.toMap().get("indexes");
            return amount -> {
                Set<ExternalResourceInfo> infos = new HashSet<>();
                for (String index : indexes.split(",", -1)) {
                    infos.add(new Gpu(index));
                }
                return infos;
            };
        }
    }

    /** As Flink's own: one property. */
    private record Gpu(String index) implements ExternalResourceInfo {
        @Override
        public Optional<String> getProperty(String key) {
            return key.equals("index") && !index.isEmpty() ? Optional.of(index) : Optional.empty();
        }

        @Override
        public java.util.Collection<String> getKeys() {
            return List.of("index");
        }
    }

    /** Leaves the device open, and keeps a list of those on which an engine was loaded. */
    private record OpenDevice(String model, String device) implements EngineProvider {
        private static final List<OpenDevice> LOADED =
                Collections.synchronizedList(new ArrayList<>());

        static List<String> loaded(String model) {
            return LOADED.stream()
                    .filter(each -> each.model.equals(model))
                    .map(OpenDevice::device)
                    .toList();
        }

        @Override
        public List<EngineProvider> onGpus(List<Integer> indexes) {
            return indexes.isEmpty()
                    ? List.of(this)
                    : indexes.stream()
                            .<EngineProvider>map(i -> new OpenDevice(model, "cuda:" + i))
                            .toList();
        }

        @Override
        public LlmEngine load() {
            LOADED.add(this);
            return TestEngines.free();
        }

        @Override
        public String label() {
            return model;
        }
    }
}

package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class EngineOptionsTest {

    @Test
    void noOptionsAreTheDefaults() {
        assertThat(EngineOptions.parse(Map.of())).isEqualTo(EngineConfig.defaults());
    }

    @Test
    void everyDefaultCanBeWrittenOut() {
        Map<String, String> options = new HashMap<>();
        for (EngineOption option : EngineOption.values()) {
            options.put(option.key(), option.defaultText());
            assertThat(option.description()).endsWith(".");
            assertThat(option.allowed()).isNotBlank();
        }
        assertThat(EngineOptions.parse(options)).isEqualTo(EngineConfig.defaults());
        assertThat(EngineOption.KV_CACHE_MEMORY.defaultText()).isEqualTo("auto");
        assertThat(EngineOption.MAX_WAIT.defaultText()).isEqualTo("30s");
    }

    @Test
    void everyKeyReachesItsField() {
        Map<String, String> options = new HashMap<>();
        options.put("device", "cpu");
        options.put("threads", "3");
        options.put("compute-precision", "bfloat16");
        options.put("activation-quantization", "checkpoint");
        options.put("quantization", "int8");
        options.put("max-num-seqs", "17");
        options.put("max-num-batched-tokens", "333");
        options.put("max-model-len", "4096");
        options.put("block-size", "32");
        options.put("kv-cache-memory", "2g");
        options.put("kv-cache-dtype", "fp8");
        options.put("gpu-memory-utilization", "0.5");
        options.put("prefix-caching", "false");
        options.put("max-waiting-tokens", "5000");
        options.put("queue-capacity", "99");
        options.put("max-wait", "1500ms");
        options.put("step-timeout", "2m");
        assertThat(options).hasSameSizeAs(EngineOption.values());
        assertThat(EngineOptions.parse(options))
                .isEqualTo(
                        new EngineConfig(
                                "cpu",
                                3,
                                ComputePrecision.BFLOAT16,
                                ActivationQuantization.CHECKPOINT,
                                WeightRounding.INT8,
                                17,
                                333,
                                4096,
                                32,
                                2L << 30,
                                KvCacheDtype.FP8,
                                0.5,
                                false,
                                5000,
                                99,
                                Duration.ofMillis(1500),
                                Duration.ofMinutes(2)));
    }

    @Test
    void optionsLieOverTheirBase() {
        EngineConfig base = EngineOptions.parse(Map.of("block-size", "8", "threads", "2"));
        EngineConfig config = EngineOptions.parse(Map.of("block-size", "24"), base);
        assertThat(config.blockSize()).isEqualTo(24);
        assertThat(config.threads()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "512, 512",
        "1k, 1024",
        "3M, 3145728",
        "1g, 1073741824",
        "2t, 2199023255552",
    })
    void readsSizes(String text, long bytes) {
        assertThat(EngineOptions.parse(Map.of("kv-cache-memory", text)).kvCacheBytes())
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"250ms, 250", "0s, 0", "30s, 30000", "5m, 300000", "1h, 3600000"})
    void readsDurations(String text, long millis) {
        assertThat(EngineOptions.parse(Map.of("max-wait", text)).maxWait())
                .isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({
        "device, gpu",
        "device, cuda:",
        "device, cuda:x",
        "device, ''",
        "threads, 0",
        "threads, 1025",
        "threads, two",
        "compute-precision, int8",
        "activation-quantization, int8",
        "compute-precision, FLOAT32",
        "quantization, int4",
        "max-num-seqs, 0",
        "max-num-seqs, 4097",
        "max-num-batched-tokens, 0",
        "max-num-batched-tokens, 1e6",
        "max-model-len, -1",
        "gpu-memory-utilization, 0",
        "gpu-memory-utilization, 1.1",
        "gpu-memory-utilization, NaN",
        "step-timeout, 0s",
        "block-size, 0",
        "block-size, 257",
        "block-size, 12",
        "kv-cache-memory, 0",
        "kv-cache-memory, -1g",
        "kv-cache-dtype, fp4",
        "kv-cache-dtype, FP8",
        "kv-cache-memory, 1x",
        "kv-cache-memory, g",
        "kv-cache-memory, ''",
        "kv-cache-memory, 99999999t",
        "prefix-caching, yes",
        "max-waiting-tokens, 0",
        "queue-capacity, 0",
        "max-wait, 30",
        "max-wait, s",
        "max-wait, -1s",
        "max-wait, 99999999999999999h",
    })
    void aBadValueIsRefusedWithWhatIsAllowed(String key, String value) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> EngineOptions.parse(Map.of(key, value)))
                .satisfies(
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(EngineError.INVALID_OPTION);
                            assertThat(e)
                                    .hasMessageContaining(key)
                                    .hasMessageContaining("'" + value + "'")
                                    .hasMessageContaining("The default is");
                        });
    }

    static Stream<Arguments> badConfigs() {
        Duration wait = Duration.ofSeconds(1);
        return Stream.of(
                bad("device", config(null, 1, 64, 16, 1L << 20, wait)),
                bad("device", config("tpu", 1, 64, 16, 1L << 20, wait)),
                bad("threads", config("cpu", 0, 64, 16, 1L << 20, wait)),
                bad("max-num-batched-tokens", config("cpu", 1, -1, 16, 1L << 20, wait)),
                bad("block-size", config("cpu", 1, 64, 12, 1L << 20, wait)),
                bad("kv-cache-memory", config("cpu", 1, 64, 16, Long.MIN_VALUE, wait)),
                bad("max-wait", config("cpu", 1, 64, 16, 1L << 20, Duration.ofSeconds(-1))),
                bad("max-wait", config("cpu", 1, 64, 16, 1L << 20, null)));
    }

    private static Arguments bad(String key, EngineConfig config) {
        return Arguments.of(key, config);
    }

    private static EngineConfig config(
            String device,
            int threads,
            int maxNumBatchedTokens,
            int blockSize,
            long kvCacheBytes,
            Duration maxWait) {
        return new EngineConfig(
                device,
                threads,
                ComputePrecision.FLOAT32,
                ActivationQuantization.AUTO,
                WeightRounding.CHECKPOINT,
                8,
                maxNumBatchedTokens,
                0,
                blockSize,
                kvCacheBytes,
                KvCacheDtype.AUTO,
                0.9,
                true,
                1,
                1,
                maxWait,
                Duration.ofMinutes(1));
    }

    @ParameterizedTest
    @MethodSource("badConfigs")
    void anEngineRefusesAConfigThatNoOptionsGive(String key, EngineConfig config) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> LlmEngine.load(Path.of("no such model"), config))
                .satisfies(
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(EngineError.INVALID_OPTION);
                            assertThat(e.problem().where()).isEqualTo(key);
                        });
    }

    @Test
    void theDefaultsPassTheCheck() {
        EngineOptions.check(EngineConfig.defaults());
        EngineOptions.check(TestConfigs.small());
    }

    @ParameterizedTest
    @CsvSource({
        "max-num-seq, max-num-seqs",
        "blocksize, block-size",
        "kv-cache-mem, kv-cache-memory",
        "prefix-cacheing, prefix-caching",
        "thread, threads",
    })
    void anUnknownKeyIsRefusedWithTheNearestOne(String key, String nearest) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> EngineOptions.parse(Map.of(key, "1")))
                .satisfies(
                        e -> {
                            assertThat(e.problem().code()).isEqualTo(EngineError.UNKNOWN_OPTION);
                            assertThat(e).hasMessageContaining("Did you mean '" + nearest + "'?");
                        });
    }

    @Test
    void aKeyLikeNoOtherGetsTheWholeList() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> EngineOptions.parse(Map.of("speculative-decoding-model", "1")))
                .withMessageContaining("block-size")
                .withMessageContaining("Leave it out");
    }
}

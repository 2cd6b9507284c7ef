package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.DeviceErrorCode;
import dev.millrace.engine.EngineConfig;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.Golden;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.QuantizedGolden;
import dev.millrace.engine.TestConfigs;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.TestingModels;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which models are for the portable CPU kernels, and what they say to options that only the native ones have. */
final class PortableModelsTest {
    private static final Pattern E4M3 = Pattern.compile("fp8|modelopt");

    private static final Pattern PORTABLE =
            Pattern.compile(
                    "(?i)smollm3|longrope|gemma|olmo2|cohere2|glm4|starcoder2|mixtral|moe|gpt_oss");

    private static Optional<String> reason(Path model, ActivationQuantization quantization) {
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            return PortableModels.reason(checkpoint, quantization);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.engine.Golden#all")
    void plainDecodersAreNativeAndNoOthers(Golden golden) {
        boolean portable = PORTABLE.matcher(golden.name()).find();
        for (ActivationQuantization quantization : ActivationQuantization.values()) {
            assertThat(reason(golden.model(), quantization).isPresent()).isEqualTo(portable);
        }
    }

    /** E4M3 numbers are native with activations as they are. */
    @ParameterizedTest
    @MethodSource("dev.millrace.engine.QuantizedGolden#all")
    void quantisedCheckpointsAreNativeWhereTheirProductsAre(QuantizedGolden golden) {
        boolean e4m3 = E4M3.matcher(golden.folder().toString()).find();
        for (ActivationQuantization quantization : ActivationQuantization.values()) {
            boolean portable = e4m3 && quantization == ActivationQuantization.CHECKPOINT;
            assertThat(reason(golden.folder(), quantization).isPresent())
                    .as("%s, %s", golden, quantization)
                    .isEqualTo(portable);
        }
    }

    @ParameterizedTest
    @CsvSource({"compute-precision, bfloat16", "quantization, int8", "quantization, fp8"})
    void arithmeticOfTheNativeKernelsIsRefused(String option, String value) {
        Path model = TestingModels.path("gemma2");
        EngineConfig config = EngineOptions.parse(Map.of(option, value), TestConfigs.small());
        assertThatThrownBy(() -> LlmEngine.load(model, config).close())
                .isInstanceOfSatisfying(
                        InvalidModelException.class,
                        e ->
                                assertThat(e.problem().code())
                                        .isEqualTo(DeviceErrorCode.UNSUPPORTED_ARITHMETIC))
                .hasMessageContaining("option " + option + " on the CPU: got " + value)
                .hasMessageContaining(" for this model, as ")
                .hasMessageContaining("it is a gemma2");
    }
}

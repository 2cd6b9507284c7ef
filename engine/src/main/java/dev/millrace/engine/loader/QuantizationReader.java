package dev.millrace.engine.loader;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds out how a folder's weights are quantised: config.json says it, or a file of its own that older tools wrote, or both. */
final class QuantizationReader {
    private static final int MAX_BYTES = 16 << 20;

    /** Files of GPTQ and AWQ tools. */
    private static final List<String> FILES = List.of("quantize_config.json", "quant_config.json");

    private static final String MODEL_OPT_FILE = "hf_quant_config.json";

    private QuantizationReader() {}

    /** Empty when the weights are not quantised. */
    static Optional<QuantizationFormat> read(Path folder, ConfigJson config) {
        Optional<QuantizationFormat> inConfig =
                config.child("quantization_config")
                        .or(() -> config.child("compression_config"))
                        .filter(json -> !json.object().isEmpty())
                        .map(json -> format(json, json.text("quant_method").orElse("")));
        Optional<QuantizationFormat> inFile = beside(folder, inConfig);
        if (inConfig.isPresent() && inFile.isPresent() && !inConfig.equals(inFile)) {
            throw Problems.refuse(
                    QuantizationError.CONTRADICTION,
                    folder.toString(),
                    "config.json with "
                            + inConfig.get()
                            + ", a file beside it with "
                            + inFile.get(),
                    "the same in both",
                    "Take both files from the original checkpoint");
        }
        return inConfig.or(() -> inFile);
    }

    private static Optional<QuantizationFormat> beside(
            Path folder, Optional<QuantizationFormat> inConfig) {
        for (String name : FILES) {
            if (Files.exists(folder.resolve(name))) {
                return Optional.of(ofFile(folder.resolve(name), inConfig));
            }
        }
        Path modelOpt = folder.resolve(MODEL_OPT_FILE);
        return Files.exists(modelOpt) ? Optional.of(ofModelOpt(modelOpt)) : Optional.empty();
    }

    /** The tools' own files name no method, or only the newer ones do. */
    private static QuantizationFormat ofFile(Path file, Optional<QuantizationFormat> inConfig) {
        ConfigJson json = JsonFiles.readObject(file, MAX_BYTES, ConfigError.NOT_JSON);
        String other = inConfig.map(f -> f instanceof AwqFormat ? "awq" : "gptq").orElse("gptq");
        String guess = json.has("zero_point") ? "awq" : other;
        return format(json, json.text("quant_method").orElse(guess));
    }

    private static QuantizationFormat ofModelOpt(Path file) {
        ConfigJson json = JsonFiles.readObject(file, MAX_BYTES, ConfigError.NOT_JSON);
        return json.child("quantization")
                .map(ModelOptFormat::read)
                .orElseThrow(
                        () ->
                                new QuantizationOptions(json)
                                        .refuse("quantization", "nothing", "an object"));
    }

    private static QuantizationFormat format(ConfigJson json, String method) {
        return switch (method) {
            case "gptq" -> GptqFormat.read(json);
            case "awq" -> AwqFormat.read(json);
            case "compressed-tensors" -> CompressedTensorsFormat.read(json);
            case "fp8" -> BlockFp8Format.read(json);
            case "modelopt" -> ModelOptFormat.read(json);
            default ->
                    throw Problems.refuse(
                            QuantizationError.METHOD,
                            json.where() + ": quant_method",
                            method.isEmpty() ? "nothing" : Problems.quote(method),
                            "gptq, awq, compressed-tensors, fp8 or modelopt",
                            "Use the model's unquantised checkpoint, or one quantised by a method of"
                                    + " these");
        };
    }
}

package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.cuda.DeviceFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;

/**
 * One folder for all results, a file for each part: what is there already, of the same device, kernels and shapes, is not run again.
 *
 * <p>Thread-safety: none.
 */
final class ResultFolder {
    static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final DeviceFacts device;
    private final String origin;

    /** Makes the folder; {@code build} and {@code shapes} say what a result belongs to. */
    ResultFolder(Path folder, DeviceFacts device, String build, String shapes) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.device = device;
        origin = String.join(" ", build, shapes, device.uuid(), device.driverVersion());
    }

    Path path() {
        return folder;
    }

    DeviceFacts device() {
        return device;
    }

    /** What {@code part} left, if it has finished. */
    Optional<Result> read(String part) throws IOException {
        Path file = file(part);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonNode stored = JSON.readTree(file.toFile());
        if (!stored.path("origin").asText().equals(origin)) {
            return Optional.empty();
        }
        Status status = Status.valueOf(stored.get("status").asText().toUpperCase(Locale.ROOT));
        return Optional.of(
                new Result(
                        status,
                        stored.get("summary").asText(),
                        (ObjectNode) stored.get("details")));
    }

    void write(String part, Result result) throws IOException {
        ObjectNode node =
                JSON.createObjectNode()
                        .put("part", part)
                        .put("origin", origin)
                        .put("realDevice", device.real())
                        .put("status", result.status().name().toLowerCase(Locale.ROOT))
                        .put("summary", result.summary());
        node.set("details", result.details());
        write(file(part), node);
    }

    /** Writes as a whole or not at all: a process that is cut leaves no half file. */
    void write(Path file, ObjectNode node) throws IOException {
        Path half = Files.createTempFile(folder, "half", ".json");
        JSON.writerWithDefaultPrettyPrinter().writeValue(half.toFile(), node);
        Files.move(half, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private Path file(String part) {
        return folder.resolve(part + ".json");
    }
}

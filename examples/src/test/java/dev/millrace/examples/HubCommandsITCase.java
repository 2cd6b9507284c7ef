package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.hub.FakeHub;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models by name, as a user meets them: commands in processes of their own, whose environment names a local hub. */
final class HubCommandsITCase {
    @TempDir private Path folder;

    /** What a command in a process of its own has printed. */
    private record Run(int exitCode, String out, String err) {}

    @Test
    void aModelIsFetchedOnceAndThenUsedByItsName() throws IOException, InterruptedException {
        try (FakeHub hub = new FakeHub(files())) {
            Run pull = run(hub, "pull", FakeHub.MODEL);
            assertThat(pull.exitCode()).as(pull.err()).isZero();
            assertThat(Path.of(pull.out().strip())).isDirectory().hasFileName(FakeHub.COMMIT);

            String[] generate = {
                "generate",
                "--model",
                FakeHub.MODEL,
                "--token-ids",
                "5,6,7",
                "--max-tokens",
                "4",
                "--device",
                "cpu"
            };
            Run online = run(hub, generate);
            assertThat(online.exitCode()).as(online.err()).isZero();
            assertThat(hub.requests("GET model")).hasSize(1);

            List<String> offline = new ArrayList<>(Arrays.asList(generate));
            offline.add("--offline");
            int before = hub.requests().size();
            assertThat(run(hub, offline.toArray(String[]::new)).exitCode()).isZero();
            assertThat(hub.requests()).hasSize(before);
        }
    }

    @Test
    void whatIsNeitherPathNorModelIsToldAsBoth() throws IOException, InterruptedException {
        try (FakeHub hub = new FakeHub(files())) {
            Run run = run(hub, "inspect", "acme/missing");
            assertThat(run.exitCode()).isEqualTo(3);
            assertThat(run.err())
                    .contains("acme/missing", "LLM-HB-02", "or the path if a path is meant");
        }
    }

    /** From the jar of the engine's tests. */
    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        for (String name :
                List.of(
                        "config.json",
                        "generation_config.json",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "model.safetensors")) {
            String resource = "/models/llama-tied/" + name;
            try (InputStream stream = HubCommandsITCase.class.getResourceAsStream(resource)) {
                files.put(name, stream.readAllBytes());
            }
        }
        return files;
    }

    private Run run(FakeHub hub, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--add-modules",
                                "jdk.incubator.vector",
                                "-Xmx512m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Millrace.class.getName()));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("HF_"));
        builder.environment().put("HF_ENDPOINT", hub.endpoint());
        builder.environment().put("HF_HUB_CACHE", folder.resolve("cache").toString());
        builder.environment().put("HF_HOME", folder.toString());
        int exitCode = builder.start().waitFor();
        return new Run(
                exitCode,
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }
}

package dev.millrace.engine.loader;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The tiny checkpoints under {@code src/test/resources/models}, each with answers from Hugging Face transformers. */
public final class TestingModels {
    /** Safetensors folders. */
    public static final List<String> FOLDERS =
            List.of(
                    "llama",
                    "llama3-rope",
                    "llama-linear-rope",
                    "llama-yarn",
                    "llama-tied",
                    "llama-bias",
                    "llama-headdim",
                    "mistral-swa",
                    "qwen2",
                    "qwen2-swa",
                    "qwen3",
                    "qwen3-tied",
                    "smollm3",
                    "granite",
                    "phi3",
                    "phi3-longrope",
                    "gemma2",
                    "gemma3_text",
                    "olmo2",
                    "cohere2",
                    "glm4",
                    "starcoder2",
                    "mixtral",
                    "qwen3_moe",
                    "gpt_oss");

    /** GGUF files. */
    public static final List<String> GGUF_FILES =
            List.of(
                    "gguf-llama/llama-F32.gguf",
                    "gguf-llama/llama-F16.gguf",
                    "gguf-llama/llama-BF16.gguf",
                    "gguf-llama/llama-Q8_0.gguf",
                    "gguf-llama/llama-Q4_0.gguf",
                    "gguf-llama/llama-Q4_1.gguf",
                    "gguf-llama/llama-Q5_0.gguf",
                    "gguf-llama/llama-Q5_1.gguf",
                    "gguf-llama-k/llama-k-Q4_K.gguf",
                    "gguf-llama-k/llama-k-Q4_K_M.gguf",
                    "gguf-llama-k/llama-k-Q5_K.gguf",
                    "gguf-llama-k/llama-k-Q6_K.gguf",
                    "gguf-llama3-rope/llama3-rope-F16.gguf",
                    "gguf-llama3-rope/llama3-rope-Q8_0.gguf",
                    "gguf-qwen3/qwen3-F32.gguf",
                    "gguf-qwen3/qwen3-Q8_0.gguf",
                    "gguf-qwen3/qwen3-Q4_0.gguf",
                    "gguf-gemma3/gemma3-F16.gguf",
                    "gguf-gemma3/gemma3-Q8_0.gguf",
                    "gguf-gemma3/gemma3-Q4_0.gguf");

    private static final Map<String, Path> UNPACKED = new ConcurrentHashMap<>();

    private TestingModels() {}

    /** Path of {@code name} under {@code models/}. */
    public static Path path(String name) {
        URL url = TestingModels.class.getResource("/models/" + name);
        if (url == null) {
            throw new IllegalArgumentException("no test model " + name);
        }
        try {
            return url.getProtocol().equals("jar")
                    ? UNPACKED.computeIfAbsent(name, absent -> unpack(url, absent))
                    : Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Other modules find the models in the jar of these tests, and loaders want files. */
    private static Path unpack(URL url, String name) {
        try {
            URL jar = ((JarURLConnection) url.openConnection()).getJarFileURL();
            Path folder = Files.createTempDirectory("millrace-models");
            folder.toFile().deleteOnExit();
            try (FileSystem files = FileSystems.newFileSystem(Path.of(jar.toURI()));
                    Stream<Path> all = Files.walk(files.getPath("/models/" + name))) {
                for (Path from : (Iterable<Path>) all::iterator) {
                    Path relative = Path.of(from.toString()).subpath(1, from.getNameCount());
                    Path to = folder.resolve(relative);
                    Files.createDirectories(to.getParent());
                    Files.copy(from, to);
                    to.toFile().deleteOnExit();
                }
            }
            return folder.resolve(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }
}

package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Compares the list of kernels with the PTX in the fatbin, as the build has written it down. */
final class EntryPointTest {
    private static final Path ENTRIES = Path.of("target/cuda/entries.txt");

    @Test
    void theCompiledKernelsAreTheListedOnesWithTheSameParameters() throws IOException {
        assumeTrue(Files.exists(ENTRIES), "the build has compiled no CUDA kernels");
        TreeMap<String, String> compiled = new TreeMap<>();
        for (String line : Files.readAllLines(ENTRIES)) {
            String[] parts = line.split(" ", 2);
            compiled.put(parts[0], parts.length > 1 ? parts[1] : "");
        }
        TreeMap<String, String> listed = new TreeMap<>();
        for (EntryPoint entry : EntryPoint.values()) {
            listed.put(
                    entry.symbol(),
                    entry.parameters().stream()
                            .map(Parameter::ptxType)
                            .collect(Collectors.joining(" ")));
        }
        assertThat(listed).isEqualTo(compiled);
    }
}

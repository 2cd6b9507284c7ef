package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Golden;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.kernels.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The support table of docs/models.md lists what {@link DecoderGoldenTest} proves on both backends, and nothing else. */
class ModelsPageTest {
    private static final String BEGIN = "<!-- table of DecoderGoldenTest -->\n";
    private static final String END = "<!-- end of table -->\n";

    @Test
    void theSupportTableIsWhatTheGoldenTestProves() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "models.md"));
        int from = page.indexOf(BEGIN) + BEGIN.length();
        assertThat(page.substring(from, page.indexOf(END))).isEqualTo(table());
    }

    private static String table() {
        Map<String, Row> rows = new TreeMap<>();
        Golden.once()
                .forEach(
                        golden -> {
                            try (Checkpoint checkpoint = Checkpoint.open(golden.model())) {
                                rows.computeIfAbsent(
                                                checkpoint.config().modelType(), type -> new Row())
                                        .add(golden, checkpoint);
                            }
                        });
        StringBuilder text = new StringBuilder();
        text.append("| `model_type` | safetensors | GGUF | CPU | CUDA | proved by |\n");
        text.append("|---|---|---|---|---|---|\n");
        rows.forEach((type, row) -> text.append(row.line(type)));
        return text.toString();
    }

    /** One family's checkpoints. */
    private static final class Row {
        private final Set<String> safetensors = new LinkedHashSet<>();
        private final Set<String> gguf = new LinkedHashSet<>();
        private final Set<String> gpu = new TreeSet<>();
        private final Set<String> proofs = new LinkedHashSet<>();

        void add(Golden golden, Checkpoint checkpoint) {
            String name = golden.name();
            WeightFormat format = checkpoint.matrix("model.embed_tokens.weight").format();
            gpu.add(format == WeightFormat.F16 ? "float16" : "bfloat16");
            if (golden.model().toString().endsWith(".gguf")) {
                int dash = name.lastIndexOf('-');
                gguf.add(name.substring(dash + 1));
                proofs.add("gguf-" + name.substring(0, dash));
            } else {
                safetensors.add(format.name());
                proofs.add(name);
            }
        }

        String line(String type) {
            return "| `%s` | %s | %s | float32 | %s | %s |%n"
                    .formatted(type, list(safetensors), list(gguf), list(gpu), list(proofs));
        }

        private static String list(Set<String> values) {
            return values.isEmpty() ? "–" : String.join(", ", values);
        }
    }
}

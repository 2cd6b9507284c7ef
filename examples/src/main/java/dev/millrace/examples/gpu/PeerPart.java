package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.synthetic.LinearCase;
import dev.millrace.kernels.synthetic.WeightKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The same products through PyTorch, and so cuBLAS, in the same run; for yardstick. */
final class PeerPart {
    private static final String SCRIPT = "peer.py";
    private static final Duration MOST = Duration.ofMinutes(2);
    private static final int[] ROWS = {1, 16, 64, 256, 512, 2048};

    private final String python;
    private final List<LinearCase> products;
    private final ResultFolder folder;

    PeerPart(String python, List<LinearCase> products, ResultFolder folder) {
        this.python = python;
        this.products = products;
        this.folder = folder;
    }

    Result run() throws IOException, InterruptedException {
        if (!folder.device().real()) {
            return leftOut("no GPU that PyTorch could use");
        }
        Path script = folder.path().resolve(SCRIPT);
        try (InputStream source = PeerPart.class.getResourceAsStream(SCRIPT)) {
            Files.copy(source, script, StandardCopyOption.REPLACE_EXISTING);
        }
        Path cases = folder.path().resolve("peer-cases.json");
        folder.write(cases, cases());
        Optional<Program.End> end =
                python.equals("none")
                        ? Optional.empty()
                        : Program.run(List.of(python, script.toString(), cases.toString()), MOST);
        if (end.isEmpty()) {
            return leftOut("no " + python);
        }
        String output = end.get().output().strip();
        String last = output.substring(output.lastIndexOf('\n') + 1);
        if (end.get().exitCode() != 0) {
            return leftOut(last);
        }
        ObjectNode details = (ObjectNode) ResultFolder.JSON.readTree(last);
        String summary =
                "PyTorch %s, %d products"
                        .formatted(details.get("torch").asText(), details.get("products").size());
        return new Result(Status.PASSED, summary, details);
    }

    private static Result leftOut(String why) {
        return new Result(Status.LEFT_OUT, why, ResultFolder.JSON.createObjectNode());
    }

    /** PyTorch has no groups of 4 or 8 bits of its own. */
    ObjectNode cases() {
        ObjectNode root = ResultFolder.JSON.createObjectNode();
        ArrayNode array = root.putArray("products");
        for (LinearCase product : products) {
            WeightKind kind = product.kind();
            if (kind == WeightKind.DENSE || kind == WeightKind.FP8 || kind == WeightKind.INT8) {
                for (int rows : ROWS) {
                    array.addObject()
                            .put("case", product.name())
                            .put("n", product.n())
                            .put("k", product.k())
                            .put("rows", rows)
                            .put("kind", kind.label());
                }
            }
        }
        return root;
    }
}

package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.cuda.Conformance;
import dev.millrace.kernels.cuda.Conformance.Outcome;
import dev.millrace.kernels.cuda.DeviceFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every instruction wrapper against what the manual says; leaves the file that the emulator's tests replay. */
final class ConformancePart {
    private static final String FOLDER = "conformance";

    private ConformancePart() {}

    static Result run(String device, ResultFolder folder) throws IOException {
        List<Conformance.Result> results = Conformance.run(device);
        record(results, folder);
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        long same = count(results, Outcome.SAME);
        long absent = count(results, Outcome.ABSENT);
        details.put("same", same).put("absent", absent);
        ArrayNode different = details.putArray("different");
        for (Conformance.Result result : results) {
            if (result.outcome() == Outcome.DIFFERENT) {
                ObjectNode node = different.addObject().put("line", result.line());
                node.set("words", ResultFolder.JSON.valueToTree(result.words()));
            }
        }
        String summary =
                "%d as the manual says, %d different, %d not on this architecture"
                        .formatted(same, different.size(), absent);
        return new Result(
                different.isEmpty() && same > 0 ? Status.PASSED : Status.FAILED, summary, details);
    }

    private static long count(List<Conformance.Result> results, Outcome outcome) {
        return results.stream().filter(result -> result.outcome() == outcome).count();
    }

    /** Only what a GPU left is worth replaying. */
    private static void record(List<Conformance.Result> results, ResultFolder folder)
            throws IOException {
        DeviceFacts facts = folder.device();
        String name = facts.real() ? facts.name() : "emulator " + facts.computeCapability();
        List<String> lines = new ArrayList<>();
        lines.add(
                "# %s, compute capability %s, driver %s"
                        .formatted(name, facts.computeCapability(), facts.driverVersion()));
        for (Conformance.Result result : results) {
            if (result.outcome() != Outcome.ABSENT) {
                lines.add(result.line());
            }
        }
        Path target = Files.createDirectories(folder.path().resolve(FOLDER));
        Files.write(target.resolve(name.replaceAll("[^A-Za-z0-9.]+", "-") + ".txt"), lines);
    }
}

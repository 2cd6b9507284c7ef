package dev.millrace.examples.gpu;

import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.DeviceHealth;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Runs parts one after another until they are done, the time is over or the device is lost, with a line for each.
 *
 * <p>Thread-safety: none.
 */
final class PartRunner {
    private final ResultFolder folder;
    private final PrintWriter out;
    private final Deadline deadline;
    private final Map<String, Result> results = new LinkedHashMap<>();
    private int missing;

    PartRunner(ResultFolder folder, PrintWriter out, Deadline deadline) {
        this.folder = folder;
        this.out = out;
        this.deadline = deadline;
    }

    /** The results of those that have finished, now or in an earlier run; by name, in order. */
    Map<String, Result> run(List<Part> parts) throws IOException {
        for (Part part : parts) {
            Optional<Result> earlier = folder.read(part.name());
            if (earlier.isPresent()) {
                take(part, earlier.get(), "earlier");
            } else if (deadline.isOver() || DeviceHealth.failure().isPresent()) {
                missing++;
            } else {
                runOne(part);
            }
        }
        if (missing > 0) {
            line("not run", missing + " parts", whyNot() + ": the same command goes on with them");
        }
        return results;
    }

    /** Whether every part has a result, and none has failed. */
    boolean allWell() {
        return missing == 0
                && results.values().stream().noneMatch(each -> each.status() == Status.FAILED);
    }

    private String whyNot() {
        return DeviceHealth.failure().isPresent() ? "the device is lost" : "the time is over";
    }

    private void runOne(Part part) throws IOException {
        long start = System.nanoTime();
        Result result = guarded(part);
        double seconds = (System.nanoTime() - start) * 1e-9;
        result.details().put("seconds", seconds);
        folder.write(part.name(), result);
        take(part, result, String.format(Locale.ROOT, "%.1f s", seconds));
    }

    /** One part that breaks must not take the others with it. */
    private static Result guarded(Part part) {
        try {
            return part.work().run();
        } catch (Exception | LinkageError e) {
            String reason = e.getClass().getSimpleName() + ": " + e.getMessage();
            return new Result(
                    Status.FAILED,
                    reason,
                    ResultFolder.JSON.createObjectNode().put("error", reason));
        }
    }

    private void take(Part part, Result result, String time) {
        results.put(part.name(), result);
        String status =
                switch (result.status()) {
                    case PASSED -> "done";
                    case FAILED -> "FAILED";
                    case LEFT_OUT -> "left out";
                };
        line(status, part.name(), result.summary() + " (" + time + ")");
    }

    private void line(String status, String name, String text) {
        String origin = folder.device().real() ? "" : " [emulator]";
        out.printf(Locale.ROOT, "%-9s %-26s %s%s%n", status, name, text, origin);
        out.flush();
    }

    /** When to begin nothing new. */
    record Deadline(long startNanos, Duration budget) {
        static Deadline in(Duration budget) {
            return new Deadline(System.nanoTime(), budget);
        }

        boolean isOver() {
            return System.nanoTime() - startNanos > budget.toNanos();
        }
    }
}

package dev.millrace.examples;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * One line about a running job: rewritten in place on a terminal, a new one every few seconds elsewhere.
 *
 * <p>Thread-safety: none.
 */
final class ProgressLine {
    private static final long LINE_NANOS = Duration.ofSeconds(5).toNanos();
    private static final String ERASE = "\r\u001b[K";

    private final PrintWriter out;
    private final boolean terminal;
    private long lastLine = System.nanoTime();
    private Start start;

    /** What rates are counted from: the first answers, so that loading does not count as slowness. */
    private record Start(long nanos, int done, long tokens) {
        double seconds() {
            return (System.nanoTime() - nanos) * 1e-9;
        }
    }

    ProgressLine(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    void update(int done, int total, JobMetrics metrics) {
        if (!terminal && System.nanoTime() - lastLine < LINE_NANOS) {
            return;
        }
        lastLine = System.nanoTime();
        String line = describe(done, total, metrics);
        if (terminal) {
            out.print(ERASE + line);
            out.flush();
        } else {
            out.println(line);
        }
    }

    /** A line of its own, above the progress. */
    void message(String text) {
        out.println(terminal ? ERASE + text : text);
        out.flush();
    }

    /** Leaves the last line standing. */
    void end() {
        if (terminal) {
            out.println();
        }
    }

    private String describe(int done, int total, JobMetrics metrics) {
        long tokens = metrics.count("generationTokens");
        if (start == null && done > 0) {
            start = new Start(System.nanoTime(), done, tokens);
        }
        return String.format(
                Locale.ROOT,
                "tickets %,d/%,d | %s tokens/s | in flight %.0f | KV use %.0f %% | ETA %s",
                done,
                total,
                tokensPerSecond(tokens),
                metrics.sum("inFlightRecords"),
                100 * metrics.max("kvCacheUsage"),
                eta(done, total));
    }

    private String tokensPerSecond(long tokens) {
        return start == null || tokens == start.tokens()
                ? "-"
                : String.format(Locale.ROOT, "%,.0f", (tokens - start.tokens()) / start.seconds());
    }

    private String eta(int done, int total) {
        if (start == null || done == start.done()) {
            return "-";
        }
        long left = Math.round(start.seconds() / (done - start.done()) * (total - done));
        return String.format(Locale.ROOT, "%d:%02d", left / 60, left % 60);
    }
}

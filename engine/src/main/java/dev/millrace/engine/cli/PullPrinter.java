package dev.millrace.engine.cli;

import dev.millrace.engine.hub.PullListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * Prints how a fetch goes on: rewritten in place on a terminal, a new line every few seconds elsewhere.
 *
 * <p>Thread-safety: that of {@link PullListener}.
 */
final class PullPrinter implements PullListener, AutoCloseable {
    private static final long TERMINAL_NANOS = Duration.ofMillis(200).toNanos();
    private static final long LINE_NANOS = Duration.ofSeconds(5).toNanos();
    private static final String ERASE = "\r\u001b[K";

    private final PrintWriter err;
    private final boolean terminal = Boolean.getBoolean("millrace.terminal");
    private final long start = System.nanoTime();
    private long last = start;
    private long first = -1;
    private boolean lineOpen;

    PullPrinter(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void message(String text) {
        err.println(lineOpen ? ERASE + text : text);
        err.flush();
        lineOpen = false;
    }

    @Override
    public void progress(long done, long total) {
        long now = System.nanoTime();
        first = first < 0 ? done : first;
        if (now - last < (terminal ? TERMINAL_NANOS : LINE_NANOS)) {
            return;
        }
        last = now;
        String line = line(done, total, (done - first) / ((now - start) * 1e-9));
        if (terminal) {
            err.print(ERASE + line);
            err.flush();
            lineOpen = true;
        } else {
            message(line);
        }
    }

    private static String line(long done, long total, double bytesPerSecond) {
        return String.format(
                Locale.ROOT,
                "fetched %,d of %,d MB | %.1f MB/s",
                done / 1_000_000,
                total / 1_000_000,
                bytesPerSecond / 1e6);
    }

    /** Leaves the last line standing. */
    @Override
    public void close() {
        if (lineOpen) {
            err.println();
            err.flush();
        }
    }
}

package dev.millrace.engine.hub;

import dev.millrace.engine.EngineFailedException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Tries again what failed for the moment: after a growing pause, or when the hub said to.
 *
 * <p>Thread-safety: immutable.
 */
final class Retries {

    /** Something that may fail for the moment. */
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    private final HubConfig.Patience patience;

    Retries(HubConfig.Patience patience) {
        this.patience = patience;
    }

    /**
     * Runs {@code attempt} until it succeeds.
     *
     * @param where names what is fetched
     * @param progress grows with every byte; tries are counted from the last one that made it grow
     * @throws EngineFailedException when too many tries in a row have failed
     */
    <T> T run(String where, LongSupplier progress, Attempt<T> attempt) throws InterruptedException {
        int failures = 0;
        long before = progress.getAsLong();
        while (true) {
            try {
                return attempt.run();
            } catch (IOException e) {
                long after = progress.getAsLong();
                failures = after > before ? 1 : failures + 1;
                before = after;
                Duration pause = pause(failures, e);
                if (failures >= patience.attempts()
                        || pause.compareTo(patience.longestPause()) > 0) {
                    throw failed(where, failures, e);
                }
                Thread.sleep(pause.toMillis());
            }
        }
    }

    private Duration pause(int failures, IOException e) {
        Duration own = patience.firstPause().multipliedBy(1L << (failures - 1));
        boolean asked = e instanceof BusyException busy && busy.retryAfter().compareTo(own) > 0;
        return asked ? ((BusyException) e).retryAfter() : own;
    }

    private static EngineFailedException failed(String where, int failures, IOException e) {
        if (e instanceof BusyException busy && busy.isRateLimit()) {
            return HubProblems.failed(
                    HubError.RATE_LIMITED,
                    where,
                    "too many requests (429), retry after " + busy.retryAfter().toSeconds() + " s",
                    "a hub that takes requests",
                    "Wait that long; with HF_TOKEN set the hub allows more",
                    e);
        }
        String reason = e.getMessage() == null ? "" : ": " + e.getMessage();
        return HubProblems.failed(
                HubError.UNREACHABLE,
                where,
                failures + " failures in a row, the last one " + kind(e) + reason,
                "a hub that answers",
                "Check network, proxy (-Dhttps.proxyHost in MILLRACE_JAVA_OPTS) and HF_ENDPOINT, then run it again:"
                        + " what was fetched is kept. If a path was meant, check the path",
                e);
    }

    private static String kind(IOException e) {
        return e instanceof BusyException ? "an answer" : e.getClass().getSimpleName();
    }
}

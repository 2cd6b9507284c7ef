package dev.millrace.engine.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings one file into the cache, going on where an earlier try has ended.
 *
 * <p>Thread-safety: none; one thread runs it.
 */
final class BlobDownload {
    private static final int CHUNK = 1 << 16;
    private static final Pattern RANGE = Pattern.compile("bytes (\\d+)-\\d+/(?:\\d+|\\*)");

    private final HubClient client;
    private final String commit;
    private final RemoteFile file;
    private final PartialBlob partial;
    private final ScheduledExecutorService timer;
    private final long stallNanos;
    private final LongConsumer onBytes;
    private volatile long lastByteNanos;

    /**
     * @param partial what is there so far
     * @param timer ends connections on which nothing comes
     * @param stall how long that is
     * @param onBytes told how many bytes are there, after every chunk
     */
    BlobDownload(
            HubClient client,
            String commit,
            RemoteFile file,
            PartialBlob partial,
            ScheduledExecutorService timer,
            Duration stall,
            LongConsumer onBytes) {
        this.client = client;
        this.commit = commit;
        this.file = file;
        this.partial = partial;
        this.timer = timer;
        this.stallNanos = stall.toNanos();
        this.onBytes = onBytes;
    }

    /** One try: fetches what is missing. */
    Void run() throws IOException, InterruptedException {
        onBytes.accept(partial.size());
        if (partial.isComplete()) {
            return null;
        }
        HttpResponse<InputStream> response = client.open(commit, file, partial.size());
        try (InputStream body = response.body()) {
            place(response);
            lastByteNanos = System.nanoTime();
            ScheduledFuture<?> guard =
                    timer.scheduleWithFixedDelay(
                            () -> closeIfStalled(body),
                            stallNanos / 4,
                            stallNanos / 4,
                            TimeUnit.NANOSECONDS);
            try {
                copy(body);
            } finally {
                guard.cancel(false);
            }
        }
        if (!partial.isComplete()) {
            throw new IOException(
                    "the connection ended after "
                            + partial.size()
                            + " of "
                            + file.size()
                            + " bytes");
        }
        return null;
    }

    /** Makes the next bytes of the answer the next bytes of the file. */
    private void place(HttpResponse<InputStream> response) throws IOException {
        if (response.statusCode() == 416) {
            partial.restart();
            throw new IOException("the hub has no bytes from there on (416)");
        }
        if (response.statusCode() == 200) {
            partial.restart();
            return;
        }
        Optional<String> range = response.headers().firstValue("Content-Range");
        Matcher form = RANGE.matcher(range.orElse(""));
        if (!form.matches() || !form.group(1).equals(Long.toString(partial.size()))) {
            throw HubProblems.unexpected(
                    client.where(file.name()),
                    "the range '" + range.orElse("") + "'",
                    "bytes from " + partial.size() + " on, as asked for");
        }
    }

    private void copy(InputStream body) throws IOException {
        byte[] chunk = new byte[CHUNK];
        long left = file.size() - partial.size();
        while (left > 0) {
            int length = body.read(chunk, 0, (int) Math.min(CHUNK, left));
            if (length < 0) {
                return;
            }
            lastByteNanos = System.nanoTime();
            partial.append(chunk, length);
            left -= length;
            onBytes.accept(partial.size());
        }
    }

    private void closeIfStalled(InputStream body) {
        if (System.nanoTime() - lastByteNanos > stallNanos) {
            try {
                body.close();
            } catch (IOException e) {
                // The reader sees the connection end, which is what is wanted.
            }
        }
    }
}

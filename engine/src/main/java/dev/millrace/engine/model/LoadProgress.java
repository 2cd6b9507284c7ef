package dev.millrace.engine.model;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log how far loading is, every few seconds; a model that loads faster says nothing. */
final class LoadProgress {
    private static final Logger LOG = LoggerFactory.getLogger(LoadProgress.class);
    private static final long INTERVAL_NANOS = 2_000_000_000L;

    private final int numLayers;
    private final long start = System.nanoTime();
    private long last = start;

    LoadProgress(int numLayers) {
        this.numLayers = numLayers;
    }

    /** {@code layers} layers are on the device, which holds {@code bytes} bytes now. */
    void report(int layers, long bytes) {
        long now = System.nanoTime();
        if (now - last >= INTERVAL_NANOS) {
            last = now;
            LOG.info(
                    "Loading: {} of {} layers, {} MiB, {} s.",
                    layers,
                    numLayers,
                    bytes >> 20,
                    (now - start) / 1_000_000_000);
        }
    }
}

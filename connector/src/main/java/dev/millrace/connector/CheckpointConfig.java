package dev.millrace.connector;

import java.time.Duration;
import java.util.Optional;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;

/**
 * When and where the job's state is kept.
 *
 * @param interval time between checkpoints
 * @param timeout after which one is given up
 * @param directory empty for Flink's setting
 * @param unaligned whether barriers overtake records
 */
record CheckpointConfig(
        Duration interval, Duration timeout, Optional<String> directory, boolean unaligned) {

    static CheckpointConfig from(Settings settings) {
        return new CheckpointConfig(
                settings.durationOrFallback(JobOption.CHECKPOINT_INTERVAL),
                settings.durationOrFallback(JobOption.CHECKPOINT_TIMEOUT),
                settings.text(JobOption.CHECKPOINT_DIR),
                settings.flag(JobOption.CHECKPOINT_UNALIGNED));
    }

    void applyTo(Configuration flink) {
        flink.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, interval);
        flink.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, timeout);
        flink.set(CheckpointingOptions.ENABLE_UNALIGNED, unaligned);
        directory.ifPresent(
                uri -> {
                    flink.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
                    flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, uri);
                });
    }
}

package dev.millrace.connector;

import java.time.Duration;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;

/**
 * What follows a failure.
 *
 * @param initialDelay before the first restart; it doubles each time
 * @param maxDelay longest wait
 * @param attempts restarts within an hour before the job fails for good; empty for no limit
 */
record RestartConfig(Duration initialDelay, Duration maxDelay, Optional<Integer> attempts) {

    static RestartConfig from(Settings settings) {
        return new RestartConfig(
                settings.durationOrFallback(JobOption.RESTART_INITIAL_DELAY),
                settings.durationOrFallback(JobOption.RESTART_MAX_DELAY),
                settings.positive(JobOption.RESTART_ATTEMPTS));
    }

    void applyTo(Configuration flink) {
        flink.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
        flink.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_INITIAL_BACKOFF,
                initialDelay);
        flink.set(RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_MAX_BACKOFF, maxDelay);
        flink.set(
                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_BACKOFF_MULTIPLIER, 2.0);
        attempts.ifPresent(
                limit ->
                        flink.set(
                                RestartStrategyOptions.RESTART_STRATEGY_EXPONENTIAL_DELAY_ATTEMPTS,
                                limit));
    }
}

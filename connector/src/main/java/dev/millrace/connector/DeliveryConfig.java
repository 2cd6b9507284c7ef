package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.time.Duration;
import org.apache.flink.connector.base.DeliveryGuarantee;

/**
 * How answers and dead letters reach Kafka.
 *
 * @param guarantee exactly once, at least once or none
 * @param transactionalIdPrefix begins the names of the transactions
 * @param transactionTimeout after which the broker drops an uncommitted one
 */
record DeliveryConfig(
        DeliveryGuarantee guarantee, String transactionalIdPrefix, Duration transactionTimeout) {

    static DeliveryConfig from(Settings settings, String name, CheckpointConfig checkpoint) {
        DeliveryConfig config =
                new DeliveryConfig(
                        settings.choice(JobOption.DELIVERY_GUARANTEE, DeliveryGuarantee.class),
                        settings.textOr(JobOption.TRANSACTIONAL_ID_PREFIX, name),
                        settings.durationOrFallback(JobOption.TRANSACTION_TIMEOUT));
        if (config.exactlyOnce()) {
            config.requireLongerThan(checkpoint);
        }
        return config;
    }

    boolean exactlyOnce() {
        return guarantee == DeliveryGuarantee.EXACTLY_ONCE;
    }

    /** A transaction is open from one checkpoint's start to the next one's end; dropped earlier, its records are lost. */
    private void requireLongerThan(CheckpointConfig checkpoint) {
        Duration open = checkpoint.interval().plus(checkpoint.timeout());
        if (transactionTimeout.compareTo(open) <= 0) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.TRANSACTION_TIMEOUT,
                            JobOption.TRANSACTION_TIMEOUT.key(),
                            transactionTimeout.toSeconds() + " s",
                            "more than checkpoint.interval and checkpoint.timeout together, "
                                    + open.toSeconds()
                                    + " s, and time for a restart",
                            "Raise it, or lower checkpoint.timeout"));
        }
    }
}

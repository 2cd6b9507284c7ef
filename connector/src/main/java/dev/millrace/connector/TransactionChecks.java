package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;

/** Asks the brokers about the transactions of a job that delivers exactly once. */
final class TransactionChecks {
    /** With it a producer's epoch rises with each transaction, so that none takes in the late messages of an earlier one. */
    private static final short SAFE_VERSION = 2;

    private static final String FEATURE = "transaction.version";
    private static final Duration LONGEST_LOOK = Duration.ofSeconds(15);
    private static final Duration PAUSE = Duration.ofMillis(200);

    private TransactionChecks() {}

    /** What is to be said about the brokers' transactions; see KIP-890. */
    static Optional<String> weakness(Admin admin) throws ExecutionException, TimeoutException {
        Map<String, FinalizedVersionRange> features =
                KafkaChecks.get(admin.describeFeatures().featureMetadata()).finalizedFeatures();
        FinalizedVersionRange range = features.get(FEATURE);
        int version = range == null ? 0 : range.maxVersionLevel();
        if (version >= SAFE_VERSION) {
            return Optional.empty();
        }
        return Optional.of(
                "The brokers have %s %d: after a network fault a late message can fall into the next transaction, so that delivery is exactly once only as long as none occurs. Kafka 4 with %s %d rules it out; it is raised with kafka-features.sh."
                        .formatted(FEATURE, version, FEATURE, SAFE_VERSION));
    }

    /**
     * Looks for another running job with the same prefix, whose transactions this one would abort.
     *
     * <p>Open transactions alone do not tell: those that a dead job has left stay until they time out. So if there are any,
     * they are watched for the time of a checkpoint; a running job ends some and begins others.
     *
     * @throws InvalidJobException if there is one
     */
    static void requireOnlyJob(JobConfig config) {
        if (!config.delivery().exactlyOnce()) {
            return;
        }
        String prefix = config.delivery().transactionalIdPrefix();
        try (Admin admin = KafkaChecks.admin(config.output())) {
            Map<String, TransactionDescription> first = open(admin, prefix);
            long end = System.nanoTime() + look(config.checkpoint().interval()).toNanos();
            while (!first.isEmpty() && System.nanoTime() < end) {
                TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
                if (!first.entrySet().containsAll(open(admin, prefix).entrySet())) {
                    throw inUse(prefix);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted", e);
        } catch (KafkaException | TimeoutException | ExecutionException e) {
            if (!(e.getCause() instanceof AuthorizationException)) {
                throw KafkaChecks.unreachable(config.output(), KafkaChecks.outputOption(config), e);
            }
        }
    }

    private static Duration look(Duration checkpointInterval) {
        Duration look = checkpointInterval.plus(checkpointInterval.dividedBy(2)).plusSeconds(1);
        return look.compareTo(LONGEST_LOOK) < 0 ? look : LONGEST_LOOK;
    }

    private static Map<String, TransactionDescription> open(Admin admin, String prefix)
            throws ExecutionException, TimeoutException {
        ListTransactionsOptions ongoing =
                new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING));
        Collection<TransactionListing> all = KafkaChecks.get(admin.listTransactions(ongoing).all());
        List<String> names =
                all.stream()
                        .map(TransactionListing::transactionalId)
                        .filter(name -> name.startsWith(prefix + "-"))
                        .toList();
        return names.isEmpty()
                ? Map.of()
                : KafkaChecks.get(admin.describeTransactions(names).all());
    }

    private static InvalidJobException inUse(String prefix) {
        return new InvalidJobException(
                new Problem(
                        JobError.PREFIX_IN_USE,
                        JobOption.TRANSACTIONAL_ID_PREFIX.key(),
                        "'" + prefix + "', which is already in use by a running job",
                        "a prefix that no running job has",
                        "Cancel the other job, or give this one another name or prefix"));
    }
}

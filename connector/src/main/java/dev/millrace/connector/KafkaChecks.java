package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the brokers, before a job starts, whether they have what it needs. */
final class KafkaChecks {
    /** Longest wait for a broker. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(KafkaChecks.class);
    private static final String MAX_TRANSACTION_TIMEOUT = "transaction.max.timeout.ms";

    private KafkaChecks() {}

    /**
     * Checks topics and transaction timeout.
     *
     * @throws InvalidJobException if no broker answers, a topic is missing, or the timeout is too long for the brokers
     */
    static void check(JobConfig config) {
        List<String> written = List.of(config.outputTopic(), config.deadLetterTopic());
        KafkaConfig source = config.source().kafka();
        if (source.equals(config.output())) {
            List<String> all = new ArrayList<>(config.source().topics());
            all.addAll(written);
            check(source, JobOption.SOURCE_BOOTSTRAP_SERVERS, all, config.delivery());
            return;
        }
        check(source, JobOption.SOURCE_BOOTSTRAP_SERVERS, config.source().topics(), null);
        check(config.output(), outputOption(config), written, config.delivery());
    }

    /**
     * What can be told of a Kafka cluster, in one line.
     *
     * @throws InvalidJobException if no broker answers
     */
    static String describe(KafkaConfig kafka) {
        try (Admin admin = admin(kafka)) {
            int brokers = get(admin.describeCluster().nodes()).size();
            String weakness = TransactionChecks.weakness(admin).map(w -> "; " + w).orElse("");
            return brokers + (brokers == 1 ? " broker" : " brokers") + weakness;
        } catch (KafkaException | TimeoutException | ExecutionException e) {
            throw unreachable(kafka, JobOption.SOURCE_BOOTSTRAP_SERVERS, e);
        }
    }

    /** The option that says where the output's brokers are. */
    static JobOption outputOption(JobConfig config) {
        String source = config.source().kafka().bootstrapServers();
        return source.equals(config.output().bootstrapServers())
                ? JobOption.SOURCE_BOOTSTRAP_SERVERS
                : JobOption.OUTPUT_BOOTSTRAP_SERVERS;
    }

    /** {@code delivery} is null for a cluster that is only read. */
    private static void check(
            KafkaConfig kafka, JobOption option, List<String> topics, DeliveryConfig delivery) {
        try (Admin admin = admin(kafka)) {
            Collection<Node> nodes = get(admin.describeCluster().nodes());
            requireTopics(get(admin.listTopics().names()), topics, kafka);
            if (delivery != null && delivery.exactlyOnce()) {
                requireTransactionTimeout(admin, nodes.iterator().next(), delivery);
                TransactionChecks.weakness(admin).ifPresent(LOG::warn);
            }
        } catch (KafkaException | TimeoutException | ExecutionException e) {
            throw unreachable(kafka, option, e);
        }
    }

    static Admin admin(KafkaConfig kafka) {
        Properties properties = kafka.toProperties();
        int millis = (int) TIMEOUT.toMillis();
        properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis / 3);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
        return Admin.create(properties);
    }

    static <T> T get(KafkaFuture<T> future) throws ExecutionException, TimeoutException {
        try {
            return future.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted", e);
        }
    }

    static InvalidJobException unreachable(KafkaConfig kafka, JobOption option, Exception e) {
        Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
        String reason = cause.getMessage() == null ? "no answer" : cause.getMessage();
        return new InvalidJobException(
                new Problem(
                        JobError.UNREACHABLE_BROKER,
                        option.key(),
                        kafka.bootstrapServers() + ", which does not answer (" + reason + ")",
                        "a Kafka broker that answers within " + TIMEOUT.toSeconds() + " s",
                        "Check that the broker runs, host and port, and security settings"),
                e);
    }

    private static void requireTopics(Set<String> known, List<String> topics, KafkaConfig kafka) {
        for (String topic : topics) {
            if (!known.contains(topic)) {
                throw new InvalidJobException(
                        new Problem(
                                JobError.MISSING_TOPIC,
                                "topic " + topic,
                                "no such topic at " + kafka.bootstrapServers(),
                                "a topic that exists",
                                Nearest.to(topic, known)
                                        .map(name -> "Did you mean '" + name + "'?")
                                        .orElse("Create it, or correct its name")));
            }
        }
    }

    private static void requireTransactionTimeout(Admin admin, Node broker, DeliveryConfig delivery)
            throws ExecutionException, TimeoutException {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker.idString());
        Config settings;
        try {
            settings = get(admin.describeConfigs(List.of(resource)).values().get(resource));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException) {
                return; // Not allowed to ask; the sink will find out.
            }
            throw e;
        }
        long allowed = Long.parseLong(settings.get(MAX_TRANSACTION_TIMEOUT).value());
        if (delivery.transactionTimeout().toMillis() > allowed) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.TRANSACTION_TIMEOUT,
                            JobOption.TRANSACTION_TIMEOUT.key(),
                            delivery.transactionTimeout().toMillis() + " ms",
                            "at most " + allowed + " ms, the broker's " + MAX_TRANSACTION_TIMEOUT,
                            "Lower it, or raise the broker's limit"));
        }
    }
}

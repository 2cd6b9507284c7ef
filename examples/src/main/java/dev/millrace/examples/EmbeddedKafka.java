package dev.millrace.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;

/**
 * A Kafka broker in this process, on a free port of the loopback interface.
 *
 * <p>Thread-safety: immutable.
 */
final class EmbeddedKafka implements AutoCloseable {
    private final KafkaClusterTestKit kit;

    private EmbeddedKafka(KafkaClusterTestKit kit) {
        this.kit = kit;
    }

    /** Starts a broker that keeps its logs in {@code folder}. */
    static EmbeddedKafka start(Path folder) throws Exception {
        TestKitNodes nodes =
                new TestKitNodes.Builder()
                        .setCombined(true)
                        .setNumBrokerNodes(1)
                        .setNumControllerNodes(1)
                        .setBaseDirectory(folder)
                        .build();
        EmbeddedKafka kafka =
                new EmbeddedKafka(
                        new KafkaClusterTestKit.Builder(nodes)
                                .setConfigProp("offsets.topic.replication.factor", "1")
                                .setConfigProp("offsets.topic.num.partitions", "1")
                                .setConfigProp("transaction.state.log.replication.factor", "1")
                                .setConfigProp("transaction.state.log.min.isr", "1")
                                .setConfigProp("transaction.state.log.num.partitions", "2")
                                .setConfigProp("group.initial.rebalance.delay.ms", "0")
                                .build());
        format(kafka.kit);
        kafka.kit.startup();
        kafka.kit.waitForReadyBrokers();
        return kafka;
    }

    /** The kit reports to standard output, which is for results. */
    private static void format(KafkaClusterTestKit kit) throws Exception {
        PrintStream standardOutput = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8));
        try {
            kit.format();
        } finally {
            System.setOut(standardOutput);
        }
    }

    String bootstrapServers() {
        return kit.bootstrapServers();
    }

    void createTopics(int partitions, String... names)
            throws InterruptedException, ExecutionException {
        Map<String, Object> config =
                Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers());
        try (Admin admin = Admin.create(config)) {
            List<NewTopic> topics =
                    List.of(names).stream()
                            .map(name -> new NewTopic(name, partitions, (short) 1))
                            .toList();
            admin.createTopics(topics).all().get();
        }
    }

    @Override
    public void close() {
        try {
            kit.close();
        } catch (Exception e) {
            throw new IllegalStateException("The broker did not stop", e);
        }
    }
}

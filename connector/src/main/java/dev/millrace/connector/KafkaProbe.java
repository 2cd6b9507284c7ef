package dev.millrace.connector;

import java.util.Map;

/** Asks a Kafka cluster whether it can be reached, outside of any job. */
public final class KafkaProbe {
    private KafkaProbe() {}

    /**
     * What can be told of the cluster, in one line.
     *
     * @param bootstrapServers brokers to begin with
     * @param properties for the client, such as those of security
     * @throws InvalidJobException if no broker answers within a few seconds
     */
    public static String describe(String bootstrapServers, Map<String, String> properties) {
        return KafkaChecks.describe(new KafkaConfig(bootstrapServers, properties));
    }
}

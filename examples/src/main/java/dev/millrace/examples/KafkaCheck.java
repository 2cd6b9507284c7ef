package dev.millrace.examples;

import dev.millrace.connector.InvalidJobException;
import dev.millrace.connector.KafkaProbe;
import java.util.Map;

/** Whether a Kafka cluster answers. */
final class KafkaCheck {
    private static final String SUBJECT = "Kafka";

    private KafkaCheck() {}

    static Finding run(String bootstrapServers, Map<String, String> properties) {
        try {
            String found = KafkaProbe.describe(bootstrapServers, properties);
            return Finding.good(SUBJECT, bootstrapServers + ", " + found);
        } catch (InvalidJobException e) {
            return Finding.bad(SUBJECT, e.problem().given(), e.problem().remedy());
        }
    }
}

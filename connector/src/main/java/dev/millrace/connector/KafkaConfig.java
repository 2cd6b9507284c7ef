package dev.millrace.connector;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * How to reach a Kafka cluster.
 *
 * @param bootstrapServers brokers to begin with
 * @param properties for the client; those that look like secrets are never shown
 */
record KafkaConfig(String bootstrapServers, Map<String, String> properties)
        implements Serializable {
    private static final Pattern SECRET =
            Pattern.compile("password|secret|token|jaas|credential|keystore\\.key|user\\.info");
    private static final Pattern SECURITY = Pattern.compile("(security|sasl|ssl)\\..*");

    /** Properties that other options decide, by the option to use instead. */
    private static final Map<String, JobOption> DECIDED =
            Map.of(
                    "group.id", JobOption.SOURCE_GROUP_ID,
                    "auto.offset.reset", JobOption.SOURCE_STARTING_OFFSETS,
                    "transaction.timeout.ms", JobOption.TRANSACTION_TIMEOUT,
                    "transactional.id", JobOption.TRANSACTIONAL_ID_PREFIX,
                    "isolation.level", JobOption.DELIVERY_GUARANTEE);

    KafkaConfig {
        properties = new LinkedHashMap<>(properties);
    }

    static KafkaConfig source(Settings settings) {
        String servers = settings.textOr(JobOption.SOURCE_BOOTSTRAP_SERVERS, "");
        return new KafkaConfig(servers, properties(settings, JobOption.SOURCE_PROPERTIES));
    }

    /** The output's; security as the source's if it names no other brokers. */
    static KafkaConfig output(Settings settings, KafkaConfig source) {
        Map<String, String> properties = new LinkedHashMap<>();
        if (!settings.has(JobOption.OUTPUT_BOOTSTRAP_SERVERS)) {
            source.properties.forEach(
                    (key, value) -> {
                        if (SECURITY.matcher(key).matches()) {
                            properties.put(key, value);
                        }
                    });
        }
        properties.putAll(properties(settings, JobOption.OUTPUT_PROPERTIES));
        String servers =
                settings.textOr(JobOption.OUTPUT_BOOTSTRAP_SERVERS, source.bootstrapServers);
        return new KafkaConfig(servers, properties);
    }

    private static Map<String, String> properties(Settings settings, JobOption option) {
        Map<String, String> properties = settings.group(option);
        for (String key : properties.keySet()) {
            if (DECIDED.containsKey(key)) {
                throw Settings.invalid(
                        option.key() + "." + key,
                        "a property that the job sets",
                        "the option " + DECIDED.get(key).key());
            }
        }
        return properties;
    }

    /** For a client of Kafka. */
    Properties toProperties() {
        Properties all = new Properties();
        all.putAll(properties);
        return all;
    }

    @Override
    public String toString() {
        return "KafkaConfig[" + bootstrapServers + ", " + masked(properties) + "]";
    }

    private static Map<String, String> masked(Map<String, String> properties) {
        Map<String, String> masked = new LinkedHashMap<>();
        properties.forEach(
                (key, value) ->
                        masked.put(
                                key,
                                SECRET.matcher(key.toLowerCase(Locale.ROOT)).find()
                                        ? "***"
                                        : value));
        return masked;
    }
}

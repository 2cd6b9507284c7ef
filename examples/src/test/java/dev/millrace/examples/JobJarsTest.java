package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class JobJarsTest {

    @ParameterizedTest
    @CsvSource({
        "lib/millrace-engine-0.1.0.jar, true",
        "lib/flink-connector-kafka-5.0.0-2.2.jar, true",
        "lib/flink-connector-base-2.3.0.jar, true",
        "lib/flink-avro-2.3.0.jar, true",
        "lib/kafka-clients-4.2.0.jar, true",
        "lib/avro-1.12.2.jar, true",
        "lib/flink-runtime-2.3.0.jar, false",
        "lib/kafka-clients-4.2.0-test.jar, false",
        "lib/kafka_2.13-4.2.0.jar, false",
        "lib/kafka-server-4.2.0.jar, false",
        "lib/log4j-core-2.25.3.jar, false",
        "lib/slf4j-api-1.7.36.jar, false",
        "lib/millrace-examples-0.1.0.jar, false",
        "target/classes, false",
    })
    void takesWhatNoSessionHas(String path, boolean taken) {
        assertThat(JobJars.isTaken(path)).isEqualTo(taken);
    }
}

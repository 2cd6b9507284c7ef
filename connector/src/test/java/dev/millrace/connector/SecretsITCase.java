package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.JobID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets, prompts and answers stay where they belong: not in logs, exceptions, headers or what a configuration prints. */
class SecretsITCase {
    private static final String SECRET = "canary-5ecret";
    private static final String PROMPT = "canary-pr0mpt";

    @TempDir static Path folder;

    private static EmbeddedKafka kafka;

    @BeforeAll
    static void start() {
        kafka = EmbeddedKafka.start();
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "schema.registry-password: SECRET",
                "=SECRET",
                "schema.registry=http://me:SECRET@localhost:1",
                "schema.registry=http://me:SECRET@local host",
                "schema.registry=me:SECRET@localhost:1",
                "schema.registry=ftp://me:SECRET@localhost",
                "schema.registry-pasword=SECRET",
                "schema.registry-password.x=SECRET",
                "source.properties.group.id=SECRET",
                "source.topics=[SECRET",
                "source.properties.sasl.jaas.config=SECRET",
                "source.properties.sasl.jaas.config=x.Module required password=\"SECRET\"",
                "source.properties.sasl.jaas.config=x.Module required password=\"SECRET\";",
                "source.properties.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"SECRET\";",
                "source.properties.ssl.keystore.key=SECRET",
                "source.properties.ssl.keystore.password=SECRET",
                "source.properties.ssl.truststore.password=SECRET",
                "source.properties.basic.auth.user.info=me:SECRET",
            })
    void jobThatIsRefusedShowsNoSecret(String override) throws Exception {
        boolean sasl = override.contains("sasl");
        try (TestingLogs logs = TestingLogs.open(SECRET)) {
            Throwable thrown =
                    catchThrowable(
                            () -> {
                                JobConfig config =
                                        read(
                                                "tls",
                                                override.replace("SECRET", SECRET),
                                                "source.properties.security.protocol="
                                                        + (sasl ? "SASL_PLAINTEXT" : "SSL"),
                                                "source.properties.sasl.mechanism=PLAIN",
                                                "source.properties.ssl.keystore.type=PEM",
                                                "source.properties.ssl.keystore.certificate.chain=x",
                                                "source.bootstrap-servers=localhost:1");
                                assertThat(config.toString()).doesNotContain(SECRET);
                                KafkaChecks.check(config);
                            });
            assertThat(thrown).isInstanceOf(InvalidJobException.class);
            assertThat(printed(thrown)).contains("[LLM-JB-").doesNotContain(SECRET);
            assertThat(logs.found()).isEmpty();
        }
    }

    @Test
    void runningJobShowsNoSecretNoPromptAndNoAnswer() throws Exception {
        kafka.createTopics(1, "in", "out", "dead");
        TestingTopics.write(kafka, records());
        List<String> answers;
        try (FakeSchemaRegistry registry = new FakeSchemaRegistry();
                TestingLogs logs = TestingLogs.open(SECRET, PROMPT);
                TestingFlink flink = new TestingFlink(1, 1)) {
            registry.add(TestingTickets.SCHEMA.toString());
            JobConfig config =
                    read(
                            "in",
                            "schema.registry=" + registry.config().url(),
                            "schema.registry-user=me",
                            "schema.registry-password=" + SECRET,
                            "source.properties.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\""
                                    + SECRET
                                    + "\";",
                            "source.properties.ssl.key.password=" + SECRET,
                            "source.properties.ssl.truststore.password=" + SECRET,
                            "source.properties.basic.auth.user.info=me:" + SECRET);
            AtomicBoolean broken = new AtomicBoolean();
            JobID job =
                    flink.submit(
                            config,
                            TestingJobs.engine(
                                    step -> {
                                        if (step == 9 && broken.compareAndSet(false, true)) {
                                            throw new IllegalStateException("the device is lost");
                                        }
                                    }));
            flink.awaitEnd(job);
            answers = answers(config);
            assertThat(broken).as("the engine broke once").isTrue();
            assertThat(logs.events()).as("logs were captured").isGreaterThan(50);
            assertThat(logs.found()).isEmpty();
        }
        assertThat(answers).hasSize(20);
        assertDeadLetterHeadersAreClean();
    }

    private static void assertDeadLetterHeadersAreClean() {
        List<ConsumerRecord<byte[], byte[]>> letters = TestingTopics.read(kafka, "dead");
        assertThat(letters).hasSize(3);
        for (ConsumerRecord<byte[], byte[]> letter : letters) {
            for (Header header : letter.headers()) {
                assertThat(new String(header.value(), UTF_8))
                        .as(header.key())
                        .doesNotContain(PROMPT, SECRET);
            }
        }
    }

    /** Tickets that are answered, and three that are not: cut short, too long, with a budget of 0. */
    private static List<ProducerRecord<byte[], byte[]>> records() {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            records.add(record(TestingTickets.encode(TestingTickets.ticket(i, PROMPT + i))));
        }
        byte[] whole = TestingTickets.encode(TestingTickets.ticket(1, PROMPT));
        records.add(record(java.util.Arrays.copyOf(whole, whole.length - 1)));
        records.add(record(TestingTickets.encode(TestingTickets.ticket(1, PROMPT.repeat(1000)))));
        GenericRecord noBudget = TestingTickets.ticket(1, PROMPT);
        noBudget.put("budget", 0);
        records.add(record(TestingTickets.encode(noBudget)));
        return records;
    }

    private static ProducerRecord<byte[], byte[]> record(byte[] value) {
        byte[] prefixed =
                java.nio.ByteBuffer.allocate(5 + value.length)
                        .put((byte) 0)
                        .putInt(1)
                        .put(value)
                        .array();
        return new ProducerRecord<>("in", prefixed);
    }

    private static List<String> answers(JobConfig config) throws Exception {
        return TestingTopics.read(kafka, config.outputTopic()).stream()
                .map(answer -> new String(answer.value(), UTF_8))
                .toList();
    }

    private static String printed(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    private static JobConfig read(String name, String... overrides) {
        try {
            Path file =
                    Files.writeString(
                            folder.resolve(name + ".yaml"),
                            """
                            name: %s
                            model: unused
                            source: {bootstrap-servers: '%s', topics: in, bounded: latest}
                            prompt: '{{text}}'
                            sampling: {max-tokens: 24}
                            sampling-columns: {max-tokens: budget}
                            output: {topic: out}
                            dead-letter: {topic: dead}
                            parallelism: 1
                            checkpoint: {interval: 100 ms}
                            restart: {initial-delay: 10 ms}
                            schema: {subject: in-value, registry: 'http://localhost:1'}
                            """
                                    .formatted(name, kafka.bootstrapServers()));
            return JobConfig.read(file, List.of(overrides));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

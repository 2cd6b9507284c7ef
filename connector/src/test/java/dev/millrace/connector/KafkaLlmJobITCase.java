package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.TestingEngines;
import dev.millrace.operator.EngineProvider;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The whole job: a broker, a Flink cluster and an engine without a model. */
class KafkaLlmJobITCase {
    private static EmbeddedKafka kafka;
    private static TestingFlink flink;

    @TempDir Path folder;

    @BeforeAll
    static void start() throws Exception {
        kafka = EmbeddedKafka.start();
        flink = new TestingFlink(1, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        flink.close();
        kafka.close();
    }

    @Test
    void everyRecordIsAnsweredOrDeadLetteredAndKeepsWhatItCameWith(TestInfo test) throws Exception {
        JobConfig config = config(test, "parallelism=2");
        Map<String, ProducerRecord<byte[], byte[]>> input =
                TestingInput.write(kafka, inputTopic(config), 60, true);

        flink.awaitEnd(flink.submit(config, engine()));

        Map<String, byte[]> expected = expectedAnswers(config);
        List<ConsumerRecord<byte[], byte[]>> answers =
                TestingTopics.read(kafka, config.outputTopic());
        assertThat(byKey(answers).keySet()).isEqualTo(expected.keySet());
        for (ConsumerRecord<byte[], byte[]> answer : answers) {
            ProducerRecord<byte[], byte[]> source = input.get(text(answer.key()));
            assertThat(answer.value()).isEqualTo(expected.get(text(answer.key())));
            assertThat(answer.timestamp()).isEqualTo(source.timestamp());
            assertThat(answer.headers()).isEqualTo(source.headers());
        }
        assertThat(answers).hasSize(60);
        assertDeadLetters(config, input, answers.size());
    }

    private void assertDeadLetters(
            JobConfig config, Map<String, ProducerRecord<byte[], byte[]>> input, int answers) {
        List<ConsumerRecord<byte[], byte[]>> letters =
                TestingTopics.read(kafka, config.deadLetterTopic());
        assertThat(letters).hasSize(input.size() - answers).hasSize(6);
        Map<String, String> codes = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> letter : letters) {
            String key = text(letter.key());
            ProducerRecord<byte[], byte[]> source = input.get(key);
            assertThat(letter.value()).isEqualTo(source.value());
            assertThat(letter.timestamp()).isEqualTo(source.timestamp());
            Map<String, String> headers = headers(letter);
            assertThat(headers)
                    .containsEntry("trace", key)
                    .containsEntry("millrace.topic", config.source().topics().get(0))
                    .containsEntry("millrace.partition", String.valueOf(source.partition()))
                    .containsEntry("millrace.attempt", "1");
            assertThat(headers.get("millrace.offset")).matches("\\d+");
            assertThat(headers.get("millrace.message")).endsWith("]").doesNotContain("please");
            codes.put(key, headers.get("millrace.status") + " " + headers.get("millrace.code"));
        }
        assertThat(codes)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "bad-0", "INVALID_INPUT LLM-AV-01",
                                "bad-1", "INVALID_INPUT LLM-AV-02",
                                "bad-2", "INVALID_INPUT LLM-AV-05",
                                "bad-3", "INVALID_INPUT LLM-AV-10",
                                "bad-4", "PROMPT_TOO_LONG LLM-RQ-03",
                                "bad-5", codes.get("bad-5")));
        assertThat(codes.get("bad-5")).startsWith("INVALID_INPUT LLM-SP-");
    }

    @Test
    void onlyCommittedRecordsAreAnsweredWhateverTheDelivery(TestInfo test) throws Exception {
        JobConfig config = config(test, "delivery-guarantee=at-least-once");
        try (KafkaProducer<byte[], byte[]> producer = transactional(inputTopic(config))) {
            producer.initTransactions();
            send(producer, config, "aborted");
            producer.abortTransaction();
            send(producer, config, "committed");
            producer.commitTransaction();
        }

        flink.awaitEnd(flink.submit(config, engine()));

        assertThat(TestingTopics.read(kafka, config.outputTopic()))
                .extracting(answer -> text(answer.key()))
                .containsExactly("committed");
        assertThat(TestingTopics.read(kafka, config.deadLetterTopic())).isEmpty();
    }

    private static KafkaProducer<byte[], byte[]> transactional(String id) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", id),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, JobConfig config, String key)
            throws Exception {
        producer.beginTransaction();
        byte[] ticket = TestingTickets.encode(TestingTickets.ticket(1, "please"));
        producer.send(new ProducerRecord<>(inputTopic(config), key.getBytes(UTF_8), ticket)).get();
    }

    @Test
    void answersThatAreNoJsonAreDeadLetters(TestInfo test) throws Exception {
        JobConfig config =
                config(test, "output.fields.answer=", "output.json-fields.category=string");
        TestingInput.write(kafka, inputTopic(config), 5, false);

        flink.awaitEnd(flink.submit(config, engine()));

        assertThat(TestingTopics.read(kafka, config.outputTopic())).isEmpty();
        assertThat(TestingTopics.read(kafka, config.deadLetterTopic()))
                .hasSize(5)
                .allSatisfy(
                        letter ->
                                assertThat(headers(letter))
                                        .containsEntry("millrace.status", "ENGINE_ERROR")
                                        .containsEntry("millrace.code", "LLM-OU-01"));
    }

    @Test
    void withARegistryValuesCarryTheIdsOfTheirSchemas(TestInfo test) throws Exception {
        try (FakeSchemaRegistry registry = new FakeSchemaRegistry()) {
            int known = registry.add(TestingTickets.SCHEMA.toString());
            String url = registry.config().url().toString();
            JobConfig config = config(test, "schema.file=", "schema.registry=" + url);
            String topic = config.source().topics().get(0);
            byte[] ticket = TestingTickets.encode(TestingTickets.ticket(1, "please"));
            TestingTopics.write(
                    kafka,
                    List.of(
                            new ProducerRecord<>(topic, prefixed(known, ticket)),
                            new ProducerRecord<>(topic, prefixed(99, ticket)),
                            new ProducerRecord<>(topic, ticket)));

            flink.awaitEnd(flink.submit(config, engine()));

            byte[] answer = TestingTopics.read(kafka, config.outputTopic()).get(0).value();
            Schema schema = new SchemaRegistry(registry.config()).byId(known + 1);
            assertThat(answer).startsWith(prefixed(known + 1, new byte[0]));
            byte[] value = Arrays.copyOfRange(answer, 5, answer.length);
            assertThat(TestingTickets.decode(schema, value).get("tokens")).isEqualTo(6);
            assertThat(TestingTopics.read(kafka, config.deadLetterTopic()))
                    .extracting(letter -> headers(letter).get("millrace.code"))
                    .containsExactlyInAnyOrder("LLM-AV-04", "LLM-AV-03");
        }
    }

    private static byte[] prefixed(int id, byte[] value) {
        return ByteBuffer.allocate(5 + value.length).put((byte) 0).putInt(id).put(value).array();
    }

    /** A job with topics of its own. */
    private JobConfig config(TestInfo test, String... overrides) throws Exception {
        String name = test.getTestMethod().orElseThrow().getName();
        kafka.createTopics(TestingInput.PARTITIONS, name, name + "-out", name + "-dead");
        Path schema = Files.writeString(folder.resolve("t.avsc"), TestingTickets.SCHEMA.toString());
        Path file =
                Files.writeString(
                        folder.resolve("job.yaml"),
                        """
                        name: %1$s
                        model: unused
                        source: {bootstrap-servers: '%2$s', topics: %1$s, bounded: latest}
                        schema: {file: '%3$s'}
                        messages:
                          - {role: system, content: Sort.}
                          - {role: user, content: '{{channel}}: {{text}}'}
                        sampling: {max-tokens: 6, temperature: 0.7}
                        sampling-columns: {max-tokens: budget}
                        output:
                          topic: %1$s-out
                          fields: {answer: text, tokens: generated-tokens}
                        dead-letter: {topic: %1$s-dead}
                        checkpoint: {interval: 500 ms}
                        """
                                .formatted(name, kafka.bootstrapServers(), schema));
        return JobConfig.read(file, Arrays.asList(overrides));
    }

    private static EngineProvider engine() {
        return TestingEngineProvider.of(() -> TestingEngines.engine(TestingEngines.config()));
    }

    private static String inputTopic(JobConfig config) {
        return config.source().topics().get(0);
    }

    /** What an undisturbed engine answers to the good records of the topic, by key. */
    private static Map<String, byte[]> expectedAnswers(JobConfig config) throws Exception {
        Schemas schemas = Schemas.resolve(config);
        PromptFunction prompt =
                new PromptFunction(schemas.input(), config.prompt(), config.sampling());
        AnswerFunction answer =
                new AnswerFunction(schemas.input(), schemas.output(), config.answer(), "testing");
        Map<String, byte[]> expected = new LinkedHashMap<>();
        try (LlmEngine engine = TestingEngines.engine(TestingEngines.config())) {
            for (ConsumerRecord<byte[], byte[]> record :
                    TestingTopics.read(kafka, config.source().topics().get(0))) {
                if (text(record.key()).startsWith("ticket-")) {
                    List<SourceRecord> source = new ArrayList<>();
                    new SourceRecordDeserializer(false)
                            .deserialize(record, new ListCollector<>(source));
                    TargetRecord target =
                            answer.result(
                                    source.get(0),
                                    engine.submit(prompt.request(source.get(0))).join());
                    expected.put(text(record.key()), target.value());
                }
            }
        }
        return expected;
    }

    private static Map<String, byte[]> byKey(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .collect(Collectors.toMap(record -> text(record.key()), ConsumerRecord::value));
    }

    private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new TreeMap<>();
        record.headers()
                .forEach(
                        header ->
                                headers.put(
                                        header.key(),
                                        header.value() == null ? null : text(header.value())));
        return headers;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }
}

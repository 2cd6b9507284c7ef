package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a job finds out before it starts. */
class KafkaChecksITCase {
    private static EmbeddedKafka kafka;

    @TempDir Path folder;

    @BeforeAll
    static void start() {
        kafka = EmbeddedKafka.start();
        kafka.createTopics(1, "tickets", "answers", "dead-letters");
    }

    @AfterAll
    static void stop() {
        kafka.close();
    }

    private void build(String... overrides) {
        try {
            Files.writeString(folder.resolve("t.avsc"), TestingTickets.SCHEMA.toString());
            Files.writeString(folder.resolve("file"), "");
            Path file =
                    Files.writeString(
                            folder.resolve("job.yaml"),
                            """
                            model: unused
                            source: {bootstrap-servers: '%s', topics: tickets}
                            schema: {file: '%s/t.avsc'}
                            prompt: '{{text}}'
                            output: {topic: answers}
                            dead-letter: {topic: dead-letters}
                            """
                                    .formatted(kafka.bootstrapServers(), folder));
            List<String> filledIn =
                    List.of(overrides).stream()
                            .map(override -> override.replace("FOLDER", folder.toString()))
                            .toList();
            KafkaLlmJob.build(
                    StreamExecutionEnvironment.createLocalEnvironment(),
                    JobConfig.read(file, filledIn));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aJobThatHasAllItNeedsIsBuilt() {
        assertThatNoException().isThrownBy(() -> build("checkpoint.dir=file://FOLDER/checkpoints"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "source.topics=tickeds | LLM-JB-13 | topic tickeds | Did you mean 'tickets'?",
                "output.topic=nowhere | LLM-JB-13 | topic nowhere | Create it",
                "dead-letter.topic=dead-leters | LLM-JB-13 | topic dead-leters | 'dead-letters'",
                "transaction-timeout=20 min | LLM-JB-14 | 1200000 ms | 900000 ms",
                "checkpoint.dir=FOLDER/file/sub | LLM-JB-15 | checkpoint.dir | permissions",
                "schema.file=FOLDER/none.avsc | LLM-JB-08 | none.avsc | no readable file",
                "schema.file=FOLDER/file | LLM-JB-08 | file | an invalid schema",
                "prompt={{texd}} | LLM-JB-09 | texd | Did you mean 'text'?",
                "output.fields.note=text | LLM-JB-10 | output field note | another name",
                "sampling-columns.max-tokens=text | LLM-JB-09 | a field of type string | int or long",
                "sampling-columns.top-p=customer.score | LLM-OK | | ",
            })
    void whatIsMissingIsSaidBeforeTheJobStarts(
            String override, String code, String given, String remedy) {
        if (code.equals("LLM-OK")) {
            assertThatNoException().isThrownBy(() -> build(override));
            return;
        }
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> build(override))
                .withMessageContaining("[" + code + "]")
                .withMessageContaining(given)
                .withMessageContaining(remedy);
    }

    @Test
    @Timeout(30) // the longest that a user is kept waiting
    void aDeadBrokerIsNamed() {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> build("source.bootstrap-servers=localhost:1"))
                .withMessageContaining("[LLM-JB-12]")
                .withMessageContaining("localhost:1");
    }

    @Test
    void aHostWithoutAddressIsNamed() {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> build("source.bootstrap-servers=no-such-host.invalid:9092"))
                .withMessageContaining("[LLM-JB-12]")
                .withMessageContaining("no-such-host.invalid:9092");
    }

    @Test
    void brokersWhoseTransactionsCanBeTornAreWarnedOf() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            assertThat(TransactionChecks.weakness(admin)).isEmpty();
            setTransactionVersion(admin, (short) 1, UpgradeType.SAFE_DOWNGRADE);
            try {
                assertThat(TransactionChecks.weakness(admin))
                        .get()
                        .asString()
                        .contains("transaction.version 1", "transaction.version 2");
                assertThatNoException().isThrownBy(() -> build("name=warned"));
            } finally {
                setTransactionVersion(admin, (short) 2, UpgradeType.UPGRADE);
            }
        }
    }

    private static void setTransactionVersion(Admin admin, short version, UpgradeType type)
            throws Exception {
        admin.updateFeatures(
                        Map.of("transaction.version", new FeatureUpdate(version, type)),
                        new UpdateFeaturesOptions())
                .all()
                .get();
        Awaitility.await()
                .until(
                        () ->
                                admin.describeFeatures()
                                                .featureMetadata()
                                                .get()
                                                .finalizedFeatures()
                                                .get("transaction.version")
                                                .maxVersionLevel()
                                        == version);
    }
}

package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.connector.JobConfig;
import dev.millrace.connector.KafkaLlmJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace run} on a broker, in its own process and in a session. */
final class RunCommandITCase {
    private static final int TICKETS = 20;

    @TempDir private static Path folder;

    private static EmbeddedKafka kafka;
    private static List<Ticket> tickets;
    private static Path jobFile;
    private static Path schemaFile;
    private static Path model;

    @BeforeAll
    static void produceTickets() throws Exception {
        kafka = EmbeddedKafka.start(folder.resolve("broker"));
        tickets = TicketStore.first(TICKETS);
        jobFile = Resources.copy("quickstart.yaml", folder);
        schemaFile = Resources.copy("ticket.avsc", folder);
        model = Resources.copyModel(folder);
        kafka.createTopics(1, "tickets", "here", "session", "tickets-dead-letters");
        Schema schema = new Schema.Parser().parse(schemaFile.toFile());
        TicketProducer.produce(tickets, schema, kafka.bootstrapServers(), "tickets");
    }

    @AfterAll
    static void stopBroker() {
        kafka.close();
    }

    @Test
    void aBoundedJobRunsHereAndEndsByItself() throws Exception {
        CommandRun run = run("here");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(balance("here").answers()).isEqualTo(TICKETS);
        assertThat(balance("here").isExact()).isTrue();
    }

    @Test
    void aJobIsSubmittedToASession() throws Exception {
        // The session sees this process's classes already; of those that the job brings there must
        // not be a second copy.
        Configuration parentFirst = new Configuration();
        parentFirst.set(CoreOptions.CLASSLOADER_RESOLVE_ORDER, "parent-first");
        try (LocalCluster session = LocalCluster.start(parentFirst, 1, folder.resolve("session"))) {
            CommandRun run =
                    run(
                            "session",
                            "--session",
                            session.restAddress().getHost()
                                    + ":"
                                    + session.restAddress().getPort());
            assertThat(run.exitCode()).as(run.err()).isZero();
            session.await(JobID.fromHexString(run.out().strip()));
        }
        assertThat(balance("session").answers()).isEqualTo(TICKETS);
        assertThat(balance("session").isExact()).isTrue();
    }

    @Test
    void aMissingModelIsFoundBeforeTheJobStarts() {
        CommandRun run = run("here", "--set", "model=no/such/model");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("no/such/model").doesNotContain("\tat ");
    }

    @Test
    void aMissingTopicIsFoundBeforeTheJobStarts() {
        CommandRun run = run("here", "--set", "source.topics=tikets");
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err()).contains("tikets").doesNotContain("\tat ");
    }

    @Test
    void aCheckpointFolderThatCannotBeWrittenIsFoundBeforeTheJobStarts() {
        CommandRun run = run("here", "--set", "checkpoint.dir=" + jobFile.resolve("below"));
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err())
                .contains("quickstart.yaml/below", "LLM-JB-15")
                .doesNotContain("\tat ");
    }

    private static CommandRun run(String outputTopic, String... more) {
        List<String> arguments = new ArrayList<>(List.of("run", jobFile.toString()));
        overrides(outputTopic).forEach(override -> arguments.addAll(List.of("--set", override)));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private static List<String> overrides(String outputTopic) {
        return List.of(
                "name=" + outputTopic,
                "model=" + model,
                "schema.file=" + schemaFile,
                "source.bootstrap-servers=" + kafka.bootstrapServers(),
                "checkpoint.dir=" + folder.resolve("checkpoints").toUri(),
                "output.topic=" + outputTopic);
    }

    private static Ledger.Balance balance(String outputTopic) throws IOException {
        JobConfig job = JobConfig.read(jobFile, overrides(outputTopic));
        Ledger ledger = new Ledger(tickets);
        try (AnswerReader reader =
                new AnswerReader(
                        kafka.bootstrapServers(),
                        KafkaLlmJob.outputSchema(job),
                        job.outputTopic(),
                        job.deadLetterTopic(),
                        ledger)) {
            reader.readToEnd();
        }
        return ledger.balance();
    }
}

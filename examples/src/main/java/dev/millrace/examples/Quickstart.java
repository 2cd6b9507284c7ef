package dev.millrace.examples;

import dev.millrace.connector.JobConfig;
import dev.millrace.connector.KafkaLlmJob;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * Runs the Kafka-to-Kafka job on a broker and a cluster of its own, kills the TaskManager on the way, and settles the ledger.
 *
 * <p>Thread-safety: none.
 */
final class Quickstart {
    private static final String TOPIC = "tickets";
    private static final Duration POLL = Duration.ofMillis(200);

    private final Options options;
    private final ProgressLine progress;
    private double firstAnswerSeconds;

    /**
     * @param kill whether to kill the TaskManager once
     * @param seed chooses when
     * @param keep folder for the files of the run, or null to keep none
     * @param overrides {@code key=value} for the job file
     */
    record Options(
            int tickets,
            int parallelism,
            boolean kill,
            long seed,
            Path keep,
            List<String> overrides) {}

    Quickstart(Options options, ProgressLine progress) {
        this.options = options;
        this.progress = progress;
    }

    QuickstartReport run() throws Exception {
        List<Ticket> tickets = TicketStore.first(options.tickets());
        Workspace temporary = Workspace.temporary();
        Workspace files = options.keep() == null ? temporary : Workspace.at(options.keep());
        try (EmbeddedKafka kafka = EmbeddedKafka.start(temporary.path("broker"))) {
            progress.message("Kafka broker in this process: " + kafka.bootstrapServers());
            JobConfig job = jobConfig(files, temporary, kafka);
            kafka.createTopics(
                    options.parallelism(), TOPIC, job.outputTopic(), job.deadLetterTopic());
            Schema schema = new Schema.Parser().parse(files.path("ticket.avsc").toFile());
            TicketProducer.produce(tickets, schema, kafka.bootstrapServers(), TOPIC);
            Ledger ledger = new Ledger(tickets);
            try (AnswerReader reader = reader(kafka, job, ledger)) {
                QuickstartReport report = run(job, temporary, reader, ledger);
                keep(files, ledger);
                return report;
            }
        }
    }

    private JobConfig jobConfig(Workspace files, Workspace temporary, EmbeddedKafka kafka)
            throws IOException {
        Path jobFile = Resources.copy("quickstart.yaml", files.folder());
        List<String> overrides = new ArrayList<>();
        overrides.add("model=" + Resources.copyModel(files.folder()));
        overrides.add("schema.file=" + Resources.copy("ticket.avsc", files.folder()));
        overrides.add("source.bootstrap-servers=" + kafka.bootstrapServers());
        overrides.add("checkpoint.dir=" + temporary.path("checkpoints").toUri());
        overrides.add("parallelism=" + options.parallelism());
        overrides.addAll(options.overrides());
        return JobConfig.read(jobFile, overrides);
    }

    private static AnswerReader reader(EmbeddedKafka kafka, JobConfig job, Ledger ledger) {
        return new AnswerReader(
                kafka.bootstrapServers(),
                KafkaLlmJob.outputSchema(job),
                job.outputTopic(),
                job.deadLetterTopic(),
                ledger);
    }

    private QuickstartReport run(
            JobConfig job, Workspace temporary, AnswerReader reader, Ledger ledger)
            throws Exception {
        Configuration configuration = new Configuration();
        try (JobMetrics metrics = JobMetrics.registerIn(configuration);
                LocalCluster cluster =
                        LocalCluster.start(
                                configuration, options.parallelism(), temporary.path("flink"))) {
            progress.message(
                    "Flink cluster in this process: REST at "
                            + cluster.restAddress()
                            + ", one TaskManager");
            TaskManagerKiller killer =
                    new TaskManagerKiller(cluster, options.tickets(), options.seed());
            long start = System.nanoTime();
            JobID id = cluster.submit(graph(job));
            while (!cluster.isEnded(id)) {
                reader.poll(POLL);
                follow(ledger, metrics, killer);
            }
            double jobSeconds = (System.nanoTime() - start) * 1e-9;
            double seconds = uptimeSeconds();
            progress.end();
            cluster.await(id);
            reader.readToEnd();
            noteFirstAnswer(ledger);
            return new QuickstartReport(
                    ledger.balance(),
                    killer.hasKilled(),
                    metrics.count("resumedTokens"),
                    metrics.count("generationTokens") / jobSeconds,
                    firstAnswerSeconds,
                    seconds);
        }
    }

    private void follow(Ledger ledger, JobMetrics metrics, TaskManagerKiller killer)
            throws Exception {
        int done = ledger.size();
        noteFirstAnswer(ledger);
        progress.update(done, options.tickets(), metrics);
        if (options.kill() && killer.killIfDue(done, metrics.max("runningRequests"))) {
            progress.message(
                    "Killed the TaskManager after "
                            + done
                            + " tickets (--seed "
                            + options.seed()
                            + "); another one goes on from the last checkpoint");
        }
    }

    private void noteFirstAnswer(Ledger ledger) {
        if (firstAnswerSeconds == 0 && ledger.size() > 0) {
            firstAnswerSeconds = uptimeSeconds();
        }
    }

    private static StreamGraph graph(JobConfig job) {
        StreamExecutionEnvironment environment =
                new StreamExecutionEnvironment(new Configuration());
        KafkaLlmJob.build(environment, job);
        return environment.getStreamGraph();
    }

    private void keep(Workspace files, Ledger ledger) throws IOException {
        if (options.keep() != null) {
            List<String> lines = ledger.answers().stream().map(GenericRecord::toString).toList();
            Files.write(files.path("answers.jsonl"), lines);
        }
    }

    private static double uptimeSeconds() {
        return ManagementFactory.getRuntimeMXBean().getUptime() * 1e-3;
    }
}

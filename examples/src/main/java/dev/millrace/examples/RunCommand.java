package dev.millrace.examples;

import dev.millrace.connector.JobConfig;
import dev.millrace.connector.KafkaLlmJob;
import dev.millrace.engine.cli.ExitCodes;
import dev.millrace.operator.EngineSpec;
import dev.millrace.operator.SharedEngine;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs the job of a job file, in this process or in a Flink session. */
@Command(
        name = "run",
        description =
                "Runs the Kafka-to-Kafka job that a job file describes, in this process or in a Flink session.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The job file, its model, its brokers and its topics are checked before the job starts. In this process a job with",
            "`source.bounded: latest` ends by itself; Ctrl-C cancels it. With --session the job is submitted and goes on in the",
            "session; a model given by its path must have the same one on every TaskManager there, one given by its name is fetched",
            "by each.",
            "",
            "Example: millrace run job.yaml --set source.bootstrap-servers=broker:9092 --set engine.max-num-seqs=256"
        })
final class RunCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "JOB",
            description = "Job file in YAML; docs/configuration.md lists its keys.")
    private Path jobFile;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Sets or replaces a key of the job file; may be repeated.")
    private List<String> overrides = new ArrayList<>();

    @Option(
            names = "--session",
            paramLabel = "HOST:PORT",
            description = "REST address of a Flink session to submit to, instead of running here.")
    private String session;

    @Option(names = "--verbose", description = "Print logs and stack traces.")
    @SuppressWarnings("UnusedVariable") // the error printers and main look it up by name
    private boolean verbose;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        JobConfig job = JobConfig.read(jobFile, overrides);
        if (session == null) {
            runHere(job);
        } else {
            submit(job, address());
        }
        return ExitCodes.OK;
    }

    private void runHere(JobConfig job) throws Exception {
        StreamExecutionEnvironment environment =
                new StreamExecutionEnvironment(new Configuration());
        KafkaLlmJob.build(environment, job);
        KafkaLlmJob.requireOnlyJob(job);
        StreamGraph graph = environment.getStreamGraph();
        int slots =
                graph.getStreamNodes().stream()
                        .mapToInt(StreamNode::getParallelism)
                        .max()
                        .orElse(1);
        // The job's own engine, loaded now: a model that cannot be used is an error here, not one
        // of a task that restarts.
        SharedEngine engine =
                SharedEngine.acquire(new EngineSpec(job.model(), job.engine()), Duration.ZERO);
        try (LocalCluster cluster =
                LocalCluster.start(
                        new Configuration(), slots, Workspace.temporary().path("flink"))) {
            spec.commandLine().getErr().println("Running " + job.name() + "; Ctrl-C cancels it");
            new CancellableJob(cluster, cluster.submit(graph)).await();
        } finally {
            engine.close();
        }
    }

    private void submit(JobConfig job, InetSocketAddress address) throws Exception {
        StreamExecutionEnvironment environment =
                StreamExecutionEnvironment.createRemoteEnvironment(
                        address.getHostString(), address.getPort(), JobJars.ofThisProcess());
        KafkaLlmJob.build(environment, job);
        KafkaLlmJob.requireOnlyJob(job);
        JobID id = environment.executeAsync(job.name()).getJobID();
        spec.commandLine().getOut().println(id);
        spec.commandLine()
                .getErr()
                .println("Submitted " + job.name() + "; cancel it with: flink cancel " + id);
    }

    private InetSocketAddress address() {
        int colon = session.lastIndexOf(':');
        try {
            return InetSocketAddress.createUnresolved(
                    session.substring(0, Math.max(colon, 0)),
                    Integer.parseInt(session.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    spec.commandLine(), "--session takes HOST:PORT, not " + session, e);
        }
    }
}

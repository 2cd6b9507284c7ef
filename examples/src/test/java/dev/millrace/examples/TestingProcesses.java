package dev.millrace.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A broker, a JobManager and a TaskManager as processes of their own, started by the scripts in {@code examples/cluster}, on free ports of the
 * loopback interface. They end with this process, whatever becomes of it short of a kill.
 */
final class TestingProcesses implements AutoCloseable {
    private static final Path SCRIPTS = Path.of("cluster").toAbsolutePath();
    private static final Path RUNS = Path.of("target/cluster-runs").toAbsolutePath();
    private static final List<String> PORTS =
            List.of("KAFKA_PORT", "CONTROLLER_PORT", "REST_PORT", "RPC_PORT");

    private final Map<String, String> environment;
    private final Path folder;
    private final Thread stopping = new Thread(this::stop, "stop-cluster");

    private TestingProcesses(Map<String, String> environment, Path folder) {
        this.environment = environment;
        this.folder = folder;
    }

    static TestingProcesses start() throws Exception {
        // Left to be looked at: logs are all that a failure leaves.
        Path folder = Files.createTempDirectory(Files.createDirectories(RUNS), "run");
        Map<String, String> environment = freePorts();
        environment.put("RUN_DIR", folder.toString());
        TestingProcesses processes = new TestingProcesses(environment, folder);
        Runtime.getRuntime().addShutdownHook(processes.stopping);
        try {
            processes.run("fetch.sh");
            processes.run("broker.sh", "start");
            processes.run("flink.sh", "start");
        } catch (Exception e) {
            processes.close();
            throw e;
        }
        return processes;
    }

    /** All held open until the last is found, so that they differ. */
    private static Map<String, String> freePorts() throws IOException {
        Map<String, String> ports = new LinkedHashMap<>();
        List<ServerSocket> sockets = new ArrayList<>();
        for (String name : PORTS) {
            ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            sockets.add(socket);
            ports.put(name, String.valueOf(socket.getLocalPort()));
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    String bootstrapServers() {
        return "127.0.0.1:" + environment.get("KAFKA_PORT");
    }

    TestingRest rest() {
        return new TestingRest("http://127.0.0.1:" + environment.get("REST_PORT"));
    }

    void flink(String action) throws Exception {
        run("flink.sh", action);
    }

    /** Runs a script by the SQL client; returns the id of the job that it submits. */
    String runSql(String script) throws Exception {
        Path file = Files.writeString(folder.resolve("script.sql"), script);
        String output = run("sql.sh", file.toString());
        Matcher id = Pattern.compile("Job ID: ([0-9a-f]{32})").matcher(output);
        if (!id.find()) {
            throw new IllegalStateException("No job was submitted:\n" + output);
        }
        return id.group(1);
    }

    private String run(String script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(SCRIPTS.resolve(script).toString()));
        command.addAll(List.of(arguments));
        // To a file, as what a script leaves running may keep its output open.
        Path output = Files.createTempFile(folder, script, ".out");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        int exitCode = builder.redirectOutput(output.toFile()).start().waitFor();
        String text = Files.readString(output, UTF_8);
        if (exitCode != 0) {
            throw new IllegalStateException(command + " ended with " + exitCode + ":\n" + text);
        }
        return text;
    }

    private void stop() {
        try {
            run("flink.sh", "stop");
            run("broker.sh", "stop");
        } catch (Exception e) {
            throw new IllegalStateException("The cluster did not stop", e);
        }
    }

    @Override
    public void close() {
        stop();
        Runtime.getRuntime().removeShutdownHook(stopping);
    }
}

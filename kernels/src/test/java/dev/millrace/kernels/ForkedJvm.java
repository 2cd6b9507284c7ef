package dev.millrace.kernels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a process of its own: for a device of other kind, or one that gets lost. */
public final class ForkedJvm {
    private static final int TIMEOUT_SECONDS = 120;

    private ForkedJvm() {}

    /**
     * What a process has left.
     *
     * @param exitCode its end
     * @param output standard output and error together
     */
    public record Result(int exitCode, String output) {}

    /** Runs {@code main}; {@code environment} is added to this process's, {@code classPath} put before this one's. */
    public static Result run(
            Class<?> main, Map<String, String> environment, List<Path> classPath, String... args)
            throws IOException, InterruptedException {
        String emulator = System.getProperty("millrace.emulator", "plain");
        return run(main, emulator, environment, classPath, args);
    }

    /** The same on the emulator's build {@code emulator}: plain, check or none. */
    public static Result run(
            Class<?> main,
            String emulator,
            Map<String, String> environment,
            List<Path> classPath,
            String... args)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "--add-modules", "jdk.incubator.vector"));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.add("-Dtest.log.level=INFO");
        command.add("-Dmillrace.emulator=" + emulator);
        StringBuilder path = new StringBuilder();
        classPath.forEach(each -> path.append(each).append(':'));
        command.addAll(List.of("-cp", path + System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new Result(process.waitFor(), output);
    }
}

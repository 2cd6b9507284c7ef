package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The kernels once more at small shapes, in a process that NVIDIA's compute-sanitizer watches: memory first, then races. */
final class SanitizerPart {
    private static final List<String> TOOLS = List.of("memcheck", "racecheck");

    /** It makes kernels ten to a hundred times slower. */
    private static final Duration MOST = Duration.ofMinutes(2);

    private static final int FOUND = 9;
    private static final String NONE = "none";

    private final String program;
    private final GpuArguments arguments;
    private final ResultFolder folder;

    SanitizerPart(String program, GpuArguments arguments, ResultFolder folder) {
        this.program = program;
        this.arguments = arguments;
        this.folder = folder;
    }

    Result run() throws InterruptedException {
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        List<String> bad = new ArrayList<>();
        for (String tool : TOOLS) {
            Optional<Program.End> end =
                    program.equals(NONE) ? Optional.empty() : Program.run(command(tool), MOST);
            if (end.isEmpty()) {
                return new Result(Status.LEFT_OUT, missing(), details);
            }
            ObjectNode node = details.putObject(tool);
            node.put("exitCode", end.get().exitCode()).put("output", end.get().output());
            if (end.get().exitCode() != 0) {
                bad.add(tool + why(end.get().exitCode()));
            }
        }
        return bad.isEmpty()
                ? new Result(Status.PASSED, String.join(" and ", TOOLS) + " found nothing", details)
                : new Result(Status.FAILED, String.join(", ", bad), details);
    }

    private String missing() {
        return program.equals(NONE) ? "as asked" : "no " + program + " on this machine";
    }

    private static String why(int exitCode) {
        return switch (exitCode) {
            case FOUND -> " found errors";
            case -1 -> " took more than " + MOST.toSeconds() + " s";
            default -> " ended with " + exitCode;
        };
    }

    /** This program again, with the same Java, for the two parts that launch every kernel. */
    private List<String> command(String tool) {
        List<String> command = new ArrayList<>();
        command.addAll(List.of(program, "--tool", tool, "--error-exitcode", String.valueOf(FOUND)));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(GpuMain.class.getName());
        command.addAll(List.of("gpu-check", "--device", arguments.device(), "--shapes", "tiny"));
        command.addAll(List.of("--sanitizer", NONE, "--models", NONE, "--output"));
        command.add(folder.path().resolve("sanitizer-" + tool).toString());
        return command;
    }
}

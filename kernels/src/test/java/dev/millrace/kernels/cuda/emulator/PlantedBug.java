package dev.millrace.kernels.cuda.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel of src/test/emulator/tests/bugs with what its comments promise: the text of the report, the lines it must name (all of
 * one list, one of the other), and how to launch it. bug.cuh explains the comments.
 */
record PlantedBug(
        String kernel, String report, List<String> allOf, List<String> oneOf, Launch launch) {

    /** Blocks, bytes of dynamic shared memory, zeroed words behind the output. */
    record Launch(int blocks, int shared, int words) {}

    boolean isCorrect() {
        return kernel.startsWith("correct_");
    }

    List<String> arguments() {
        return List.of(
                "bug",
                kernel,
                String.valueOf(launch.blocks),
                String.valueOf(launch.shared),
                String.valueOf(launch.words));
    }

    @Override
    public String toString() {
        return kernel;
    }

    static List<PlantedBug> all() {
        List<PlantedBug> bugs = new ArrayList<>();
        for (Path file : TestingPrograms.testKernels("bugs")) {
            bugs.addAll(new Parser(file).parse());
        }
        return bugs;
    }

    /** Comments and helper functions belong to the kernel that follows them. */
    private static final class Parser {
        private static final Pattern KERNEL = Pattern.compile("PLANTED\\((\\w+)\\).*");
        private static final Pattern REPORTS = Pattern.compile("// reports: (.*)");
        private static final Pattern LAUNCH = Pattern.compile("// launch: (.*)");
        private static final int DEFAULT_SHARED = 1024;

        private final Path file;
        private final List<PlantedBug> bugs = new ArrayList<>();
        private String kernel;
        private String report;
        private String launch;
        private List<String> allOf;
        private List<String> oneOf;

        Parser(Path file) {
            this.file = file;
            reset();
        }

        private void reset() {
            kernel = null;
            report = "";
            launch = "";
            allOf = new ArrayList<>();
            oneOf = new ArrayList<>();
        }

        List<PlantedBug> parse() {
            try {
                List<String> lines = Files.readAllLines(file);
                for (int i = 0; i < lines.size(); i++) {
                    readLine(lines.get(i), file.getFileName() + ":" + (i + 1));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bugs;
        }

        private void readLine(String line, String place) {
            kernel = match(KERNEL, line, kernel);
            report = match(REPORTS, line, report);
            launch = match(LAUNCH, line, launch);
            if (line.endsWith("//!")) {
                allOf.add(place);
            } else if (line.endsWith("//?")) {
                oneOf.add(place);
            } else if (line.equals("}") && kernel != null) {
                bugs.add(
                        new PlantedBug(
                                kernel, report, List.copyOf(allOf), List.copyOf(oneOf), launch()));
                reset();
            }
        }

        private static String match(Pattern pattern, String line, String otherwise) {
            Matcher matcher = pattern.matcher(line);
            return matcher.matches() ? matcher.group(1) : otherwise;
        }

        private Launch launch() {
            return new Launch(
                    number("blocks", 1), number("shared", DEFAULT_SHARED), number("words", 0));
        }

        private int number(String word, int otherwise) {
            Matcher matcher = Pattern.compile(word + " (\\d+)").matcher(launch);
            return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
        }
    }
}

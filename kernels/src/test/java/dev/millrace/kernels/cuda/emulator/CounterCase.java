package dev.millrace.kernels.cuda.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A kernel of src/test/emulator/tests/counters, and what its comments expect of the counters. case.cuh explains them. */
record CounterCase(String kernel, int blocks, int threads, List<Expectation> expectations) {

    /** In a line ("file.cu:12"), the counter `what` is `value`, both as the comment writes them. */
    record Expectation(String line, String what, String value) {}

    /** How the runner is told to launch it. */
    String argument() {
        return kernel + ":" + blocks + ":" + threads;
    }

    @Override
    public String toString() {
        return kernel;
    }

    static List<CounterCase> all() {
        List<CounterCase> cases = new ArrayList<>();
        for (Path file : TestingPrograms.testKernels("counters")) {
            cases.addAll(parse(file));
        }
        return cases;
    }

    private static final Pattern KERNEL = Pattern.compile("CASE\\((\\w+)\\).*");
    private static final int WARP = 32;

    private static List<CounterCase> parse(Path file) {
        List<CounterCase> cases = new ArrayList<>();
        List<String> lines = read(file);
        String launch = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            Matcher kernel = KERNEL.matcher(line);
            if (line.startsWith("// launch: ")) {
                launch = line;
            } else if (kernel.matches()) {
                cases.add(
                        new CounterCase(
                                kernel.group(1),
                                number(launch, "blocks", 1),
                                number(launch, "threads", WARP),
                                new ArrayList<>()));
                launch = "";
            }
            int comment = line.indexOf("//= ");
            if (comment >= 0) {
                String place = file.getFileName() + ":" + (i + 1);
                cases.get(cases.size() - 1)
                        .expectations
                        .addAll(expectations(place, line.substring(comment + 4)));
            }
        }
        return cases;
    }

    /** "load 4/4 store 8/4 ways2" is two expectations. */
    private static List<Expectation> expectations(String place, String comment) {
        List<Expectation> found = new ArrayList<>();
        for (Iterator<String> words = List.of(comment.trim().split(" +")).iterator();
                words.hasNext(); ) {
            String word = words.next();
            if (word.startsWith("ways")) {
                Expectation last = found.remove(found.size() - 1);
                found.add(new Expectation(place, last.what, last.value + " " + word));
            } else {
                found.add(new Expectation(place, word, words.next()));
            }
        }
        return found;
    }

    private static List<String> read(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int number(String launch, String word, int otherwise) {
        Matcher matcher = Pattern.compile(word + " (\\d+)").matcher(launch);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
    }
}

package dev.millrace.engine.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs the official test suite of JSON Schema, which is not part of this project, and prints the table of
 * docs/typed-outputs-conformance.md. A keyword's cases may only get better.
 *
 * <p>Arguments: the suite's folder {@code tests/draft2020-12}, and the page.
 */
public final class SchemaSuite {
    private static final JsonMapper JSON = SchemaCorpus.mapper();

    /** What can become of a case. */
    private enum Outcome {
        RIGHT,
        KEYWORD_REFUSED,
        REFUSED_WITH_VALID_VALUES,
        REFUSED_WITHOUT_VALID_VALUES,
        VALID_NOT_WRITTEN,
        INVALID_LET_THROUGH
    }

    private SchemaSuite() {}

    /** Prints the table; the exit status is 1 if it is worse than the page's. */
    public static void main(String[] arguments) throws IOException {
        Map<String, Map<Outcome, Integer>> table = new TreeMap<>();
        try (Stream<Path> files = Files.walk(Path.of(arguments[0]))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
                String name = Path.of(arguments[0]).relativize(file).toString();
                table.put(name.replace(".json", ""), count(JSON.readTree(file.toFile())));
            }
        }
        Map<Outcome, Integer> all = new EnumMap<>(Outcome.class);
        table.values()
                .forEach(row -> row.forEach((key, value) -> all.merge(key, value, Integer::sum)));
        String page = Files.readString(Path.of(arguments[1]));
        boolean worse = all.getOrDefault(Outcome.INVALID_LET_THROUGH, 0) > 0;
        for (Map.Entry<String, Map<Outcome, Integer>> row : table.entrySet()) {
            System.out.println(line(row.getKey(), row.getValue()));
            int before = before(page, row.getKey());
            if (row.getValue().getOrDefault(Outcome.RIGHT, 0) < before) {
                System.err.println(row.getKey() + " had " + before + " right cases");
                worse = true;
            }
        }
        System.out.println(line("all", all));
        System.exit(worse ? 1 : 0);
    }

    private static String line(String name, Map<Outcome, Integer> counts) {
        return Stream.of(Outcome.values())
                .map(outcome -> String.valueOf(counts.getOrDefault(outcome, 0)))
                .collect(Collectors.joining(" | ", "| " + name + " | ", " |"));
    }

    /** Right cases by the page; 0 if it does not name the file. */
    private static int before(String page, String name) {
        return page.lines()
                .map(line -> line.split("\\|", -1))
                .filter(cells -> cells.length == 9 && cells[1].strip().equals(name))
                .mapToInt(cells -> Integer.parseInt(cells[2].strip()))
                .findFirst()
                .orElse(0);
    }

    private static Map<Outcome, Integer> count(JsonNode groups) {
        Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
        for (JsonNode group : groups) {
            List<Outcome> outcomes = outcomes(group);
            outcomes.forEach(outcome -> counts.merge(outcome, 1, Integer::sum));
        }
        return counts;
    }

    private static List<Outcome> outcomes(JsonNode group) {
        List<JsonNode> cases = group.get("tests").findParents("valid");
        Acceptance acceptance;
        try {
            acceptance = new Acceptance(group.get("schema").toString());
        } catch (GrammarException e) {
            boolean valid = cases.stream().anyMatch(one -> one.get("valid").asBoolean());
            boolean none = e.problem().code() == GrammarError.UNSATISFIABLE;
            Outcome outcome =
                    !none
                            ? Outcome.KEYWORD_REFUSED
                            : valid
                                    ? Outcome.REFUSED_WITH_VALID_VALUES
                                    : Outcome.REFUSED_WITHOUT_VALID_VALUES;
            return cases.stream().map(one -> outcome).toList();
        }
        return cases.stream().map(one -> outcome(acceptance, group, one)).toList();
    }

    private static Outcome outcome(Acceptance acceptance, JsonNode group, JsonNode one) {
        boolean accepted = acceptance.accepts(JsonText.of(one.get("data")));
        boolean valid = one.get("valid").asBoolean();
        if (accepted && !valid) {
            System.err.println("let through: " + group.get("schema") + " " + one.get("data"));
        }
        return accepted == valid
                ? Outcome.RIGHT
                : accepted ? Outcome.INVALID_LET_THROUGH : Outcome.VALID_NOT_WRITTEN;
    }
}

package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.JsonSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Schemas that are easily got wrong: nothing invalid is let through, and what else is refused stands in a table. */
class TrapsTest {
    private static final Path PAGE = Path.of("../docs/typed-outputs-conformance.md");

    /** A schema with values of both kinds. */
    private record Trap(String name, String schema, List<String> valid, List<String> invalid) {}

    private static List<Trap> traps() throws IOException {
        List<Trap> traps = new ArrayList<>();
        String name = "";
        for (String line : lines()) {
            if (line.startsWith("{")) {
                traps.add(new Trap(name, line, new ArrayList<>(), new ArrayList<>()));
            } else if (line.startsWith("+ ")) {
                traps.get(traps.size() - 1).valid.add(line.substring(2));
            } else if (line.startsWith("- ")) {
                traps.get(traps.size() - 1).invalid.add(line.substring(2));
            } else {
                name = line;
            }
        }
        return traps;
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = TrapsTest.class.getResourceAsStream("/grammar/traps.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    @Test
    void nothingInvalidIsLetThroughAndTheRestIsListed() throws IOException {
        List<String> rows = rows();
        assertThat(rows).hasSizeGreaterThanOrEqualTo(65);
        assertThat(Files.readString(PAGE))
                .as("The rows of the page should be:%n%s%n", String.join("\n", rows))
                .contains(String.join("\n", rows));
    }

    static List<String> rows() throws IOException {
        List<String> rows = new ArrayList<>();
        for (Trap trap : traps()) {
            rows.add("| " + trap.name + " | " + outcome(trap) + " |");
        }
        return rows;
    }

    private static String outcome(Trap trap) {
        Acceptance acceptance;
        try {
            acceptance = new Acceptance(trap.schema);
        } catch (GrammarException e) {
            return "refused, " + e.problem().code().id();
        }
        for (String text : trap.invalid) {
            assertThat(acceptance.accepts(text)).as("%s: %s", trap.name, text).isFalse();
        }
        List<String> missing = new ArrayList<>();
        for (String text : trap.valid) {
            if (!acceptance.accepts(text)) {
                missing.add("`" + text + "`");
            }
        }
        return missing.isEmpty() ? "exact" : "not written: " + String.join(" ", missing);
    }

    /** What the traps call valid is what another implementation calls so, but for what it cannot know. */
    @Test
    void theTrapsAreRight() throws IOException {
        for (Trap trap : traps()) {
            boolean beyondJudge =
                    List.of(
                                    "duplicate keys of a map",
                                    "a lone surrogate",
                                    "const of an object in any order",
                                    "uniqueItems counts numbers by value")
                            .contains(trap.name);
            if (!beyondJudge) {
                JsonSchema judge = SchemaCorpus.judge(trap.schema);
                for (String text : trap.valid) {
                    assertThat(judge.validate(SchemaCorpus.parse(text))).as(text).isEmpty();
                }
                for (String text : trap.invalid) {
                    assertThat(judge.validate(SchemaCorpus.parse(text)))
                            .as("%s: %s", trap.name, text)
                            .isNotEmpty();
                }
            }
        }
    }
}

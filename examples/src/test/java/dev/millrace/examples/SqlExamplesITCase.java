package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every script of {@code examples/sql}, on the bundled model and tickets, in both modes. */
class SqlExamplesITCase {
    @RegisterExtension
    static final MiniClusterExtension CLUSTER =
            new MiniClusterExtension(
                    new MiniClusterResourceConfiguration.Builder()
                            .setNumberTaskManagers(1)
                            .setNumberSlotsPerTaskManager(2)
                            .build());

    private static final Path SCRIPTS = Path.of("sql");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int TICKETS = 24;

    @TempDir static Path folder;

    private static Path model;
    private static List<Ticket> tickets;

    @TempDir private Path data;

    @BeforeAll
    static void unpack() throws IOException {
        model = Resources.copyModel(folder);
        tickets = TicketStore.first(TICKETS);
    }

    @Test
    void everyScriptIsTested() throws IOException {
        Set<String> names = new TreeSet<>();
        try (var files = Files.list(SCRIPTS)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        assertThat(names)
                .containsExactly(
                        "classification.sql",
                        "enrichment.sql",
                        "extraction.sql",
                        "join-then-generate.sql",
                        "windowed-summary.sql");
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void enrichment(RuntimeExecutionMode mode) throws Exception {
        TableEnvironment session = run("enrichment.sql", mode);
        Map<String, Row> triaged = new HashMap<>();
        rows(session, "SELECT * FROM triaged")
                .forEach(row -> triaged.put((String) row.getField("id"), row));
        List<Row> deadLetters = rows(session, "SELECT * FROM dead_letters");
        assertThat(deadLetters)
                .singleElement()
                .satisfies(
                        row -> {
                            assertThat(row.getField("id")).isEqualTo("T-null");
                            assertThat(row.getField("error_code")).isEqualTo("LLM-SQ-12");
                        });
        assertThat(triaged).hasSize(TICKETS);
        int right = 0;
        for (Ticket ticket : tickets) {
            Row row = triaged.get(ticket.id());
            Triage expected = ticket.label();
            right += expected.category().equals(row.getField("category")) ? 1 : 0;
            right += expected.language().equals(row.getField("language")) ? 1 : 0;
        }
        assertThat(right).isGreaterThan(2 * TICKETS * 8 / 10);
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void classification(RuntimeExecutionMode mode) throws Exception {
        List<Row> rows = rows(run("classification.sql", mode), "SELECT * FROM classified");
        Map<String, Object> labels = new HashMap<>();
        for (Row row : rows) {
            labels.put((String) row.getField("id"), row.getField("label"));
            assertThat((Double) row.getField("probability")).isBetween(1 / 8.0, 1.0);
        }
        assertThat(labels).hasSize(TICKETS);
        long right =
                tickets.stream()
                        .filter(one -> one.label().category().equals(labels.get(one.id())))
                        .count();
        assertThat(right).isGreaterThan(TICKETS * 8 / 10);
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void extraction(RuntimeExecutionMode mode) throws Exception {
        List<Row> rows =
                rows(
                        run("extraction.sql", mode),
                        "SELECT id, CHAR_LENGTH(customer.name) AS name, CARDINALITY(versions) AS versions, finish_reason FROM extracted");
        assertThat(rows).hasSize(TICKETS + 1);
        for (Row row : rows) {
            boolean answered = !row.getField("id").equals("T-null");
            assertThat(row.getField("finish_reason")).isEqualTo(answered ? "stop" : null);
            if (row.getField("name") != null) {
                assertThat((Integer) row.getField("name")).isBetween(0, 20);
            }
            if (row.getField("versions") != null) {
                assertThat((Integer) row.getField("versions")).isBetween(0, 3);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void windowedSummary(RuntimeExecutionMode mode) throws Exception {
        List<Row> rows =
                rows(run("windowed-summary.sql", mode), "SELECT n, summary FROM summaries");
        assertThat(rows).allMatch(row -> row.getField("summary") != null);
        assertThat(rows.stream().mapToLong(row -> (Long) row.getField("n")).sum())
                .isEqualTo(TICKETS + 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAMING", "BATCH"})
    void joinThenGenerate(RuntimeExecutionMode mode) throws Exception {
        List<Row> rows = rows(run("join-then-generate.sql", mode), "SELECT * FROM replies");
        assertThat(rows).hasSize(TICKETS / 2);
        assertThat(rows).allMatch(row -> row.getField("reply") != null);
    }

    private TableEnvironment run(String script, RuntimeExecutionMode mode) throws Exception {
        writeTickets();
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.RUNTIME_MODE, mode);
        TableEnvironment session =
                TableEnvironment.create(
                        EnvironmentSettings.newInstance().withConfiguration(configuration).build());
        SqlScript.read(SCRIPTS.resolve(script)).in(model, data).run(session);
        return session;
    }

    /** The bundled tickets and one that cannot be answered; half of the customers have the contract that is asked for. */
    private void writeTickets() throws IOException {
        List<String> lines = new ArrayList<>();
        List<String> customers = new ArrayList<>();
        for (int i = 0; i < tickets.size(); i++) {
            Ticket ticket = tickets.get(i);
            String name = ticket.customer() + " " + i;
            lines.add(line(ticket.id(), name, ticket.subject(), ticket.body(), ticket.createdAt()));
            customers.add(
                    JSON.writeValueAsString(
                            Map.of("name", name, "contract", i % 2 == 0 ? "premium" : "basic")));
        }
        long last = tickets.get(tickets.size() - 1).createdAt();
        lines.add(line("T-null", "nobody", "no body", null, last));
        write("tickets", lines);
        write("customers", customers);
    }

    private static String line(
            String id, String customer, String subject, String body, long createdAt)
            throws IOException {
        Map<String, Object> ticket = new HashMap<>();
        ticket.put("id", id);
        ticket.put("customer", customer);
        ticket.put("subject", subject);
        ticket.put("body", body);
        ticket.put("createdAt", createdAt);
        return JSON.writeValueAsString(ticket);
    }

    private void write(String table, List<String> lines) throws IOException {
        Path file = Files.createDirectories(data.resolve(table)).resolve("part-0.json");
        Files.write(file, lines);
    }

    private static List<Row> rows(TableEnvironment session, String query) throws Exception {
        List<Row> rows = new ArrayList<>();
        CloseableIterator<Row> results = session.executeSql(query).collect();
        try {
            results.forEachRemaining(rows::add);
            return rows;
        } finally {
            results.close();
        }
    }
}

package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The SQL script of the README on real processes: a broker, a JobManager, a TaskManager that is killed on the way and one that takes its
 * place, and Flink's SQL client. What a reader of committed records sees has every ticket once.
 */
@Tag("cluster")
@Timeout(300)
final class ClusterITCase {
    private static final int TICKETS = 1800;
    private static final String ADDRESS_OF_README = "localhost:9092";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static TestingProcesses cluster;

    private final long seed = System.nanoTime();

    @BeforeAll
    static void start() throws Exception {
        cluster = TestingProcesses.start();
    }

    @AfterAll
    static void stop() throws Exception {
        cluster.close();
    }

    @Test
    void theScriptOfTheReadmeLosesAndDoublesNothingWhenItsTaskManagerIsKilled() throws Exception {
        List<Ticket> tickets = TicketStore.first(TICKETS);
        try (TestingJsonTopics topics = new TestingJsonTopics(cluster.bootstrapServers())) {
            topics.create(2, "tickets", "triaged-tickets", "tickets-dead-letters");
            topics.write("tickets", tickets.stream().map(ClusterITCase::row).toList());
            String job = cluster.runSql(script());

            Random random = new Random(seed);
            long resumed = 0;
            int kills = 0;
            // Most checkpoints hold half-generated answers; a kill behind one that does not is no
            // proof.
            while (resumed == 0) {
                int before = topics.read("triaged-tickets").size();
                int moment = before + 1 + random.nextInt(TICKETS / 8);
                await(() -> topics.read("triaged-tickets").size() >= moment);
                assertThat(topics.read("triaged-tickets"))
                        .as("answers before the kill, seed %d", seed)
                        .hasSizeLessThan(TICKETS);
                cluster.flink("kill");
                kills++;
                cluster.flink("add");
                int killedAt = topics.read("triaged-tickets").size();
                await(() -> topics.read("triaged-tickets").size() > killedAt);
                resumed = resumedTokens(job);
            }
            await(() -> topics.read("triaged-tickets").size() >= TICKETS);
            cluster.rest().cancel(job);

            settle(tickets, topics.read("triaged-tickets"));
            assertThat(topics.read("tickets-dead-letters")).isEmpty();
            assertThat(resumed).as("tokens resumed, seed %d", seed).isPositive();
            System.out.printf(
                    "cluster: %d tickets in, %d answers out, %d kills (seed %d), lost 0, doubled 0, %d tokens resumed%n",
                    TICKETS, TICKETS, kills, seed, resumed);
        }
    }

    /** Flink's REST interface knows a counter a second or two late; 0 if it knows of none by then. */
    private static long resumedTokens(String job) {
        try {
            return Awaitility.await()
                    .atMost(Duration.ofSeconds(4))
                    .pollInterval(Duration.ofMillis(500))
                    .until(
                            () -> cluster.rest().counter(job, "resumedTokens"),
                            tokens -> tokens > 0);
        } catch (ConditionTimeoutException e) {
            return 0;
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(condition);
    }

    private static void settle(List<Ticket> tickets, List<JsonNode> answers) {
        Map<String, Ticket> byId =
                tickets.stream().collect(Collectors.toMap(Ticket::id, Function.identity()));
        Map<String, JsonNode> answered = new TreeMap<>();
        List<String> doubled = new ArrayList<>();
        int right = 0;
        for (JsonNode answer : answers) {
            String id = answer.required("id").textValue();
            if (answered.put(id, answer) != null) {
                doubled.add(id);
            }
            Triage label = byId.get(id).label();
            right += label.category().equals(answer.path("category").textValue()) ? 1 : 0;
        }
        assertThat(doubled).as("doubled").isEmpty();
        assertThat(answered.keySet()).as("answered").isEqualTo(new TreeSet<>(byId.keySet()));
        assertThat(right).as("right categories").isGreaterThan(TICKETS * 9 / 10);
    }

    private static Map<String, String> row(Ticket ticket) {
        return Map.of("id", ticket.id(), "subject", ticket.subject(), "body", ticket.body());
    }

    /** As it stands in the README; only the broker of this run listens elsewhere. */
    private static String script() throws Exception {
        String script = Readme.block("sql");
        assertThat(script).contains(ADDRESS_OF_README);
        return script.replace(ADDRESS_OF_README, cluster.bootstrapServers());
    }
}

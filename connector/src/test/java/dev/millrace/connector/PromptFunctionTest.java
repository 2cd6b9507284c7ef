package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Request;
import dev.millrace.engine.SamplingParams;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptFunctionTest {
    private static final byte[] VALUE =
            TestingTickets.encode(TestingTickets.ticket(3, "the same text"));

    private final PromptFunction function =
            new PromptFunction(
                    new ValueFormat(TestingTickets.SCHEMA, null),
                    new PromptConfig.Plain(PromptTemplate.parse("{{text}}", "prompt")),
                    new SamplingConfig(SamplingParams.builder().build(), true, Map.of()));

    /** Records of one value, by place and key (-1 for null), beside the one at tickets-0-7 with the key 1. */
    @ParameterizedTest
    @CsvSource({
        "tickets, 0, 7, 1, tickets-0-7",
        "tickets, 0, 7, -1, tickets-0-7",
        "tickets, 0, 8, 1, tickets-0-8",
        "tickets, 1, 7, 1, tickets-1-7",
        "letters, 0, 7, -1, letters-0-7",
    })
    void requestsAreNamedByTheRecordsPlaceAlone(
            String topic, int partition, long offset, byte key, String id) throws IOException {
        Request first = request("tickets", 0, 7, (byte) 1);
        Request other = request(topic, partition, offset, key);
        assertThat(other.id()).isEqualTo(id);
        assertThat(other.prompt()).isEqualTo(first.prompt());
        assertThat(other.sampling().equals(first.sampling())) // the seed is made from the id
                .isEqualTo(id.equals(first.id()));
    }

    private Request request(String topic, int partition, long offset, byte key) throws IOException {
        byte[] bytes = key < 0 ? null : new byte[] {key};
        return function.request(
                new SourceRecord(topic, partition, offset, 99, bytes, VALUE, List.of()));
    }
}

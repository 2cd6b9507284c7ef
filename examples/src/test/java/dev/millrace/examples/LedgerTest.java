package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;

final class LedgerTest {
    private static final Schema ANSWER =
            SchemaBuilder.record("Answer")
                    .fields()
                    .requiredString("category")
                    .requiredString("priority")
                    .requiredString("sentiment")
                    .requiredString("language")
                    .endRecord();

    private final Ledger ledger =
            new Ledger(List.of(ticket("a"), ticket("b"), ticket("c"), ticket("d")));

    @Test
    void answersAndDeadLettersBalance() {
        ledger.answer("a", answer("bug", "low", "neutral", "de"));
        ledger.answer("b", answer("bug", "high", "neutral", "de"));
        ledger.answer("c", answer("bug", "low", "neutral", "de"));
        ledger.deadLetter("d");

        Ledger.Balance balance = ledger.balance();
        assertThat(balance.isExact()).isTrue();
        assertThat(balance.answers()).isEqualTo(3);
        assertThat(balance.deadLetters()).isEqualTo(1);
        assertThat(balance.accuracy(0)).isEqualTo(0.75);
        assertThat(balance.accuracy(1)).isEqualTo(0.5);
        assertThat(balance.accuracy()).isCloseTo((3 * 0.75 + 0.5) / 4, within(1e-9));
    }

    @Test
    void aTicketWithoutAnythingIsLost() {
        ledger.answer("a", answer("bug", "low", "neutral", "de"));
        assertThat(ledger.balance().lost()).isEqualTo(3);
        assertThat(ledger.balance().isExact()).isFalse();
    }

    @Test
    void whateverComesTwiceIsDuplicated() {
        ledger.answer("a", answer("bug", "low", "neutral", "de"));
        ledger.answer("a", answer("bug", "low", "neutral", "de"));
        ledger.deadLetter("a");
        ledger.deadLetter("nobody sent this");
        assertThat(ledger.balance().duplicated()).isEqualTo(3);
        assertThat(ledger.balance().answers()).isEqualTo(1);
    }

    @Test
    void otherFieldsAreNotRightButCounted() {
        Schema other = SchemaBuilder.record("Other").fields().requiredString("answer").endRecord();
        GenericRecord record = new GenericData.Record(other);
        record.put("answer", "text");
        ledger.answer("a", record);
        assertThat(ledger.balance().answers()).isEqualTo(1);
        assertThat(ledger.balance().accuracy()).isZero();
    }

    private static Ticket ticket(String id) {
        return new Ticket(
                id, "customer", "subject", "body", 0, new Triage("bug", "low", "neutral", "de"));
    }

    private static GenericRecord answer(String... values) {
        GenericRecord record = new GenericData.Record(ANSWER);
        for (int i = 0; i < values.length; i++) {
            record.put(i, values[i]);
        }
        return record;
    }
}

package dev.millrace.examples;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;

/**
 * Every ticket must come out exactly once, as an answer or as a dead letter.
 *
 * <p>Thread-safety: none.
 */
final class Ledger {
    private final Map<String, Ticket> tickets = new LinkedHashMap<>();
    private final Map<String, GenericRecord> answers = new LinkedHashMap<>();
    private final Set<String> deadLetters = new LinkedHashSet<>();
    private int duplicated;

    Ledger(Collection<Ticket> expected) {
        expected.forEach(ticket -> tickets.put(ticket.id(), ticket));
    }

    void answer(String id, GenericRecord answer) {
        if (isNew(id)) {
            answers.put(id, answer);
        }
    }

    void deadLetter(String id) {
        if (isNew(id)) {
            deadLetters.add(id);
        }
    }

    /** Something for a ticket that nobody sent is one too many as well. */
    private boolean isNew(String id) {
        boolean isNew =
                tickets.containsKey(id) && !answers.containsKey(id) && !deadLetters.contains(id);
        duplicated += isNew ? 0 : 1;
        return isNew;
    }

    /** Tickets that came out. */
    int size() {
        return answers.size() + deadLetters.size();
    }

    /** The answers in the order in which they became visible. */
    Collection<GenericRecord> answers() {
        return answers.values();
    }

    /** What was found so far. */
    Balance balance() {
        int[] correct = new int[Triage.FIELDS.size()];
        List<Sample> samples = new ArrayList<>();
        answers.forEach(
                (id, answer) -> {
                    Sample sample = sample(tickets.get(id), answer);
                    samples.add(sample);
                    for (int i = 0; i < correct.length; i++) {
                        correct[i] += sample.isCorrect(i) ? 1 : 0;
                    }
                });
        return new Balance(
                tickets.size(),
                answers.size(),
                deadLetters.size(),
                tickets.size() - size(),
                duplicated,
                List.of(correct[0], correct[1], correct[2], correct[3]),
                samples);
    }

    private static Sample sample(Ticket ticket, GenericRecord answer) {
        List<String> found = Triage.FIELDS.stream().map(field -> value(answer, field)).toList();
        return new Sample(ticket.id(), ticket.subject(), found, ticket.label().values());
    }

    /** A job whose output has other fields is counted all the same. */
    private static String value(GenericRecord answer, String field) {
        return answer.hasField(field) ? String.valueOf(answer.get(field)) : "-";
    }

    /**
     * The ledger's columns.
     *
     * @param lost tickets for which nothing came out
     * @param duplicated records beyond the first one of their ticket
     * @param correct for each of {@link Triage#FIELDS}, answers that agree with the label
     */
    record Balance(
            int tickets,
            int answers,
            int deadLetters,
            int lost,
            int duplicated,
            List<Integer> correct,
            List<Sample> samples) {

        boolean isExact() {
            return lost == 0 && duplicated == 0;
        }

        /** Share of the tickets whose answer agrees with the label in one field; no answer is not right. */
        double accuracy(int field) {
            return tickets == 0 ? 0 : (double) correct.get(field) / tickets;
        }

        /** Share of all fields of all tickets that agree with the label. */
        double accuracy() {
            return IntStream.range(0, correct.size())
                    .mapToDouble(this::accuracy)
                    .average()
                    .orElse(0);
        }
    }

    /** An answer beside its label, each in the order of {@link Triage#FIELDS}. */
    record Sample(String id, String subject, List<String> found, List<String> label) {
        boolean isCorrect(int field) {
            return found.get(field).equals(label.get(field));
        }
    }
}

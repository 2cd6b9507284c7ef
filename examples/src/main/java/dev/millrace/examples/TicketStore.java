package dev.millrace.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The bundled tickets: those that the bundled model was tested on, never those it was trained on. */
final class TicketStore {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RESOURCE = "tickets.jsonl.gz";

    private TicketStore() {}

    /** The first {@code count} tickets, or all if there are fewer. */
    static List<Ticket> first(int count) throws IOException {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                new GZIPInputStream(Resources.open(RESOURCE)),
                                StandardCharsets.UTF_8))) {
            return lines.lines().limit(count).map(TicketStore::parse).toList();
        }
    }

    private static Ticket parse(String line) {
        try {
            ObjectNode node = JSON.readValue(line, ObjectNode.class);
            return new Ticket(
                    node.required("id").textValue(),
                    node.required("customer").textValue(),
                    node.required("subject").textValue(),
                    node.required("body").textValue(),
                    node.required("createdAt").longValue(),
                    JSON.convertValue(node, Triage.class));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

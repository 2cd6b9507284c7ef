package dev.millrace.examples;

/**
 * A support ticket.
 *
 * @param createdAt milliseconds since the epoch
 * @param label what the model should find; never sent to it
 */
record Ticket(
        String id, String customer, String subject, String body, long createdAt, Triage label) {}

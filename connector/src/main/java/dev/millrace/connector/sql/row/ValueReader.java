package dev.millrace.connector.sql.row;

import com.fasterxml.jackson.databind.JsonNode;

/** Reads a JSON value as Flink's internal form of a SQL type; JSON's null is null. */
@FunctionalInterface
interface ValueReader {

    /** The value, of a node that the type's schema lets through. */
    Object read(JsonNode node);
}

package dev.millrace.connector;

import java.io.Serializable;
import org.apache.avro.Schema;

/**
 * How answers are written.
 *
 * @param topic where they go
 * @param schema of the values
 * @param schemaId the schema's id in the registry; null for values without the registry's prefix
 */
record OutputFormat(String topic, Schema schema, Integer schemaId) implements Serializable {}

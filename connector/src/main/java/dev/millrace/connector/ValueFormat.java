package dev.millrace.connector;

import java.io.Serializable;
import org.apache.avro.Schema;

/**
 * How the values of the source topics are read: as records of one schema, written with it or, with a registry, with any
 * that resolves to it. Avro's schemas travel as {@link Serializable} themselves.
 *
 * @param readerSchema what records are read as
 * @param registry where writers' schemas are; null if values are plain Avro of the reader's schema
 */
record ValueFormat(Schema readerSchema, RegistryConfig registry) implements Serializable {

    /** A reader for one task. */
    AvroReader open() {
        return registry == null
                ? AvroReader.plain(readerSchema)
                : AvroReader.of(
                        readerSchema, new ConfluentSchemaCoder(new SchemaRegistry(registry), ""));
    }
}

package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AvroReaderTest {
    private static final Schema TREE =
            AvroSchemas.parse(
                    """
                    {"type": "record", "name": "Node", "fields": [
                      {"name": "next", "type": ["null", "Node"], "default": null}]}
                    """);

    /** A record with one field. */
    static Schema record(String fieldType) {
        return AvroSchemas.parse(
                "{\"type\": \"record\", \"name\": \"R\", \"fields\": [{\"name\": \"f\", \"type\": "
                        + fieldType
                        + "}]}");
    }

    @Test
    void aTicketComesBackAsItWasWritten() throws IOException {
        byte[] value = TestingTickets.encode(TestingTickets.ticket(3, "Zażółć 🦆"));
        GenericRecord ticket = AvroReader.plain(TestingTickets.SCHEMA).read(value);
        assertThat(TestingTickets.encode(ticket)).isEqualTo(value);
    }

    /** Type of the only field, value as hexadecimal bytes, what is wrong with it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"int\" | 80 | TRUNCATED | byte 1 in field f",
                "\"int\" | FFFFFFFFFF01 | INVALID_VARINT | at most 5 bytes",
                "\"int\" | FFFFFFFF1F | INVALID_VARINT | at most 5 bytes",
                "\"long\" | FFFFFFFFFFFFFFFFFFFF01 | INVALID_VARINT | at most 10 bytes",
                "\"long\" | FFFFFFFFFFFFFFFFFF02 | INVALID_VARINT | at most 10 bytes",
                "\"float\" | 000000 | TRUNCATED | 4 more bytes for a float",
                "\"double\" | 00 | TRUNCATED | 8 more bytes for a double",
                "\"boolean\" | 02 | INVALID_BOOLEAN | byte 2",
                "\"string\" | 01 | INVALID_LENGTH | a length of -1",
                "\"string\" | 0641 | TRUNCATED | a length of 3 with 1 bytes left",
                "\"string\" | FEFFFFFF0F | TRUNCATED | a length of 2147483647 with 0 bytes",
                "\"string\" | 04C328 | INVALID_UTF8 | not UTF-8",
                "\"string\" | 06EDA080 | INVALID_UTF8 | not UTF-8",
                "\"bytes\" | FEFFFFFFFFFFFFFFFF01 | TRUNCATED | a length of 9223372036854775807",
                "[\"null\",\"int\"] | 04 | UNION_OUT_OF_RANGE | index 2; expected 0 to 1",
                "[\"null\",\"int\"] | 01 | UNION_OUT_OF_RANGE | index -1",
                "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]} | 02 | ENUM_OUT_OF_RANGE | index 1; expected 0 to 0",
                "{\"type\":\"fixed\",\"name\":\"F\",\"size\":4} | 0000 | TRUNCATED | 4 more bytes",
                "{\"type\":\"array\",\"items\":\"int\"} | 02 | TRUNCATED | field f[]",
                "{\"type\":\"array\",\"items\":\"int\"} | 0202 | TRUNCATED | field f[]",
                "{\"type\":\"array\",\"items\":\"null\"} | FEFFFFFF0F00 | INVALID_LENGTH | 2147483647 items",
                "{\"type\":\"array\",\"items\":\"null\"} | FEFFFFFFFFFFFFFFFF0100 | INVALID_LENGTH | items",
                "{\"type\":\"array\",\"items\":\"null\"} | FFFFFFFFFFFFFFFFFF010000 | INVALID_LENGTH | items",
                "{\"type\":\"array\",\"items\":\"null\"} | 80800880800800 | INVALID_LENGTH | 65536 items of no bytes",
                "{\"type\":\"array\",\"items\":\"int\"} | 01040200 | INVALID_LENGTH | 1 bytes announced as 2",
                "{\"type\":\"map\",\"values\":\"int\"} | 0201 | INVALID_LENGTH | a length of -1",
                "\"int\" | 0200 | TRAILING_BYTES | 1 bytes behind",
            })
    void whatIsNoValueOfTheSchemaIsRefused(String type, String hex, RecordError code, String text) {
        assertRefused(record(type), HexFormat.of().parseHex(hex), code, text);
    }

    private static void assertRefused(Schema schema, byte[] value, RecordError code, String text) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> AvroReader.plain(schema).read(value))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .satisfies(
                        e ->
                                assertThat(e.problem().code().status())
                                        .isEqualTo(Status.INVALID_INPUT))
                .withMessageContaining(text);
    }

    @Test
    void nullAndEmptyValuesAreRefused() {
        assertRefused(TestingTickets.SCHEMA, null, RecordError.TOMBSTONE, "source.tombstones");
        assertRefused(TestingTickets.SCHEMA, new byte[0], RecordError.EMPTY_VALUE, "0 bytes");
    }

    @Test
    void nestingIsBounded() throws IOException {
        byte[] deep = new byte[AvroScanner.MAX_DEPTH];
        Arrays.fill(deep, (byte) 2);
        deep[deep.length - 1] = 0;
        assertThat(AvroReader.plain(TREE).read(deep)).isNotNull();
        byte[] tooDeep = new byte[100_000];
        Arrays.fill(tooDeep, (byte) 2);
        assertRefused(TREE, tooDeep, RecordError.NESTED_TOO_DEEP, "at most 200");
    }

    @Test
    void noDamageDoesMoreThanRefuseTheRecord() {
        long seed = 20261122;
        Random random = new Random(seed);
        byte[] good = TestingTickets.encode(TestingTickets.ticket(3, "a text to damage"));
        AvroReader reader = AvroReader.plain(TestingTickets.SCHEMA);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = Arrays.copyOf(good, 1 + random.nextInt(good.length));
            for (int j = random.nextInt(4); j >= 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(reader.read(damaged)).as("seed " + seed).isNotNull();
            } catch (InvalidRequestException e) {
                assertThat(e.problem().code()).as("seed " + seed).isInstanceOf(RecordError.class);
            } catch (IOException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** Reads what was written with another schema. */
    static AvroReader evolving(Schema reader, Schema writer) {
        return AvroReader.of(
                reader,
                new org.apache.flink.formats.avro.SchemaCoder() {
                    @Override
                    public Schema readSchema(java.io.InputStream in) {
                        return writer;
                    }

                    @Override
                    public void writeSchema(Schema schema, java.io.OutputStream out) {}
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"int\" | \"long\" | 7",
                "\"int\" | \"double\" | 7.0",
                "\"int\" | [\"null\",\"int\"] | 7",
                "\"int\" | \"string\" | refused",
                "\"int\" | \"boolean\" | refused",
                "{\"type\":\"int\",\"logicalType\":\"date\"} | {\"type\":\"int\",\"logicalType\":\"date\"} | 7",
                "{\"type\":\"int\",\"logicalType\":\"date\"} | \"int\" | 7",
                "\"int\" | {\"type\":\"int\",\"logicalType\":\"date\"} | 7",
            })
    void valuesResolveToTheReadersTypeOrAreRefused(String writer, String reader, String expected)
            throws IOException {
        byte[] seven = {14};
        AvroReader evolving = evolving(record(reader), record(writer));
        if (expected.equals("refused")) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> evolving.read(seven))
                    .withMessageContaining("[LLM-AV-14]")
                    .withMessageContaining("Found int");
        } else {
            assertThat(evolving.read(seven).get("f")).hasToString(expected);
        }
    }

    @Test
    void aFieldWithoutDefaultThatTheWriterLacksIsNamed() throws IOException {
        Schema writer = AvroSchemas.parse("{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}");
        Schema withDefault =
                AvroSchemas.parse(
                        "{\"type\":\"record\",\"name\":\"R\",\"fields\":"
                                + "[{\"name\":\"f\",\"type\":\"int\",\"default\":5}]}");
        Schema some = record("\"int\"");
        // A record without fields has no bytes; the prefix stands for the registry's.
        ByteArrayOutputStream prefixed = new ByteArrayOutputStream();
        prefixed.write(0);
        assertThat(prefixing(withDefault, writer).read(prefixed.toByteArray()).get("f"))
                .isEqualTo(5);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> prefixing(some, writer).read(prefixed.toByteArray()))
                .withMessageContaining("[LLM-AV-14]")
                .withMessageContaining("field f");
    }

    private static AvroReader prefixing(Schema reader, Schema writer) {
        return AvroReader.of(
                reader,
                new org.apache.flink.formats.avro.SchemaCoder() {
                    @Override
                    public Schema readSchema(java.io.InputStream in) throws IOException {
                        assertThat(in.read()).isZero();
                        return writer;
                    }

                    @Override
                    public void writeSchema(Schema schema, java.io.OutputStream out) {}
                });
    }

    /** Loaded only if a schema can make the reader do so. */
    static final class Trap {
        static {
            System.setProperty("millrace.test.trap", "sprung");
        }

        public Trap(String ignored) {}
    }

    @Test
    void aSchemaCannotNameClasses() throws IOException {
        Schema schema =
                record(
                        "{\"type\":\"string\",\"java-class\":\"%1$s\",\"java-element-class\":\"%1$s\",\"java-key-class\":\"%1$s\"}"
                                .formatted("dev.millrace.connector.AvroReaderTest$Trap"));
        GenericRecord read = AvroReader.plain(schema).read(new byte[] {2, 'x'});
        assertThat(read.get("f")).hasToString("x");
        assertThat(System.getProperty("millrace.test.trap")).isNull();
    }

    @Test
    void aSchemaOfTenThousandLevelsIsRefused() {
        String deep =
                "{\"type\":\"array\",\"items\":".repeat(10_000) + "\"int\"" + "}".repeat(10_000);
        assertThatExceptionOfType(org.apache.avro.AvroRuntimeException.class)
                .isThrownBy(() -> record(deep));
    }
}

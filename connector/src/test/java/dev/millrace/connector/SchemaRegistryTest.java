package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidRequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaRegistryTest {
    private FakeSchemaRegistry server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeSchemaRegistry();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private SchemaRegistry registry() {
        return new SchemaRegistry(server.config(), Duration.ofMillis(1));
    }

    private ConfluentSchemaCoder coder() {
        return new ConfluentSchemaCoder(registry(), "answers value");
    }

    @Test
    void aSchemaIsFetchedOnce() throws IOException {
        int id = server.add(TestingTickets.SCHEMA.toString());
        SchemaRegistry registry = registry();
        Schema first = registry.byId(id);
        assertThat(first).isEqualTo(TestingTickets.SCHEMA).isSameAs(registry.byId(id));
        assertThat(server.requests()).containsExactly("GET /base/schemas/ids/1");
        assertThat(server.authorization()).isEqualTo("Basic bWU6cGFzcw==");
    }

    @Test
    void aSchemaIsRegisteredUnderItsSubject() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        coder().writeSchema(TestingTickets.SCHEMA, out);
        assertThat(out.toByteArray()).containsExactly(0, 0, 0, 0, 1);
        assertThat(server.requests())
                .containsExactly("POST /base/subjects/answers%20value/versions");
        assertThat(coder().readSchema(new ByteArrayInputStream(out.toByteArray())))
                .isEqualTo(TestingTickets.SCHEMA);
        assertThat(registry().latest("answers value")).isEqualTo(TestingTickets.SCHEMA);
    }

    @Test
    void aValueOfAnOlderSchemaIsReadAsTheNewerOne() throws IOException {
        Schema older =
                AvroSchemas.parse(
                        """
                        {"type": "record", "name": "Ticket", "namespace": "test", "fields": [
                          {"name": "text", "type": "string"}]}
                        """);
        Schema newer =
                AvroSchemas.parse(
                        """
                        {"type": "record", "name": "Ticket", "namespace": "test", "fields": [
                          {"name": "language", "type": "string", "default": "en"},
                          {"name": "text", "type": "string"}]}
                        """);
        server.add(older.toString());
        byte[] value = HexFormat.of().parseHex("0000000001046869");
        GenericRecord read = AvroReader.of(newer, coder()).read(value);
        assertThat(read.get("text")).hasToString("hi");
        assertThat(read.get("language")).hasToString("en");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7B226964223A317D | NOT_WIRE_FORMAT | first byte 0x7B | looks like JSON",
                "5B5D | NOT_WIRE_FORMAT | first byte 0x5B | looks like JSON",
                "0100000001 | NOT_WIRE_FORMAT | first byte 0x01 | schema.file only",
                "00000000 | NOT_WIRE_FORMAT | got 4 bytes | serializer",
                "000000000902 | UNKNOWN_SCHEMA_ID | schema id 9 | Register",
                "00FFFFFFFF02 | UNKNOWN_SCHEMA_ID | schema id -1 | Register",
                "000000000202 | INVALID_WRITER_SCHEMA | schema id 2 | valid schema",
                "0000000001 | TRUNCATED | byte 5 in field id | expected",
            })
    void whatNamesNoUsableSchemaIsTheRecordsError(
            String hex, RecordError code, String given, String remedy) {
        server.add(TestingTickets.SCHEMA.toString());
        server.add("{\"type\": \"nothing\"}");
        AvroReader reader = AvroReader.of(TestingTickets.SCHEMA, coder());
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> reader.read(HexFormat.of().parseHex(hex)))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining(given)
                .withMessageContaining(remedy);
    }

    @Test
    void serverErrorsAndHangsAreTriedAgain() throws IOException {
        int id = server.add(TestingTickets.SCHEMA.toString());
        server.failNext(500, FakeSchemaRegistry.HANG, 503);
        assertThat(registry().byId(id)).isEqualTo(TestingTickets.SCHEMA);
        assertThat(server.requests()).hasSize(SchemaRegistry.MAX_TRIES);
    }

    @Test
    void anOutageFailsTheTaskAndCachedSchemasKeepWorking() throws IOException {
        int id = server.add(TestingTickets.SCHEMA.toString());
        SchemaRegistry registry = registry();
        registry.byId(id);
        server.failNext(500, 502, 429, 503, 500);
        assertThat(registry.byId(id)).isEqualTo(TestingTickets.SCHEMA);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> registry.byId(id + 1))
                .withMessageContaining("failed 4 times")
                .withMessageContaining("503");
    }

    @Test
    void aRefusalIsNotTriedAgain() {
        server.failNext(401);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> registry().byId(1))
                .withMessageContaining("401")
                .withMessageContaining("as ordered");
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aRegistryThatIsNotThereIsNamed() {
        RegistryConfig nowhere =
                new RegistryConfig(
                        URI.create("http://localhost:1"), "", "", Duration.ofMillis(300));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new SchemaRegistry(nowhere, Duration.ofMillis(1)).byId(1))
                .withMessageContaining("http://localhost:1");
    }
}

package dev.millrace.engine.grammar;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Schemas to try, written by hand and generated, and a judge of their answers that is not ours. */
public final class SchemaCorpus {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .build();

    private SchemaCorpus() {}

    /** Reads numbers as they are written, and no key twice. */
    static JsonMapper mapper() {
        return JSON;
    }

    /** Those of the file. */
    public static List<String> written() {
        return schemas(lines());
    }

    /** Those of the file that are like schemas met in practice: calls, extraction, rows, events, configuration, resources, content. */
    static List<String> common() {
        List<String> lines = lines();
        return schemas(lines.subList(0, lines.indexOf("# Recursion")));
    }

    private static List<String> schemas(List<String> lines) {
        return lines.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.replace('\'', '"'))
                .toList();
    }

    private static List<String> lines() {
        try (InputStream in = SchemaCorpus.class.getResourceAsStream("/grammar/schemas.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What another implementation says about the values of a schema; formats are insisted on. */
    public static JsonSchema judge(String schema) {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(
                        schema,
                        SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build());
    }

    /** Reads an answer; no key may be there twice. */
    public static JsonNode parse(String answer) throws IOException {
        return JSON.readTree(answer);
    }
}

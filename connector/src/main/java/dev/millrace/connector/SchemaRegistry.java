package dev.millrace.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;

/**
 * The part of the Confluent schema registry's REST interface that a job needs, with a bounded cache of schemas by id.
 *
 * <p>Server errors and time-outs are tried again, then become an {@link IOException}: the registry's trouble is not the
 * record's. An id that the registry does not know is the record's.
 *
 * <p>Thread-safety: none; each task has its own.
 */
final class SchemaRegistry {
    static final int MAX_TRIES = 4;
    static final int MAX_CACHED_SCHEMAS = 1000;
    static final int MAX_SCHEMA_CHARS = 1 << 20;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RegistryConfig config;
    private final Duration firstPause;
    private final HttpClient client;
    private final Map<Integer, Schema> schemas =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<Integer, Schema> eldest) {
                    return size() > MAX_CACHED_SCHEMAS;
                }
            };

    SchemaRegistry(RegistryConfig config) {
        this(config, FIRST_PAUSE);
    }

    /** {@code firstPause} comes before the second try; each further one is four times as long. */
    SchemaRegistry(RegistryConfig config, Duration firstPause) {
        this.config = config;
        this.firstPause = firstPause;
        this.client = HttpClient.newBuilder().connectTimeout(config.timeout()).build();
    }

    /** The schema with this id. */
    Schema byId(int id) throws IOException {
        Schema cached = schemas.get(id);
        if (cached != null) {
            return cached;
        }
        HttpResponse<String> response = get("/schemas/ids/" + id);
        if (response.statusCode() == 404) {
            throw invalidRecord(
                    RecordError.UNKNOWN_SCHEMA_ID,
                    "schema id " + id + ", which the registry does not have",
                    "Register the schema, or write the record anew");
        }
        Schema schema = schemaById(id, field(response, "schema").asText());
        schemas.put(id, schema);
        return schema;
    }

    private static Schema schemaById(int id, String json) {
        try {
            return parse(json);
        } catch (AvroRuntimeException e) {
            throw invalidRecord(
                    RecordError.INVALID_WRITER_SCHEMA,
                    "schema id " + id + ", which is no usable Avro schema",
                    "Register a valid schema");
        }
    }

    /** The newest schema of a subject. */
    Schema latest(String subject) throws IOException {
        HttpResponse<String> response = get(versions(subject) + "/latest");
        try {
            return parse(field(response, "schema").asText());
        } catch (AvroRuntimeException e) {
            throw new IOException("the latest schema of " + subject + " is not Avro", e);
        }
    }

    /** Registers the schema under the subject unless it is there already; gives its id. */
    int register(String subject, Schema schema) throws IOException {
        String body = JSON.writeValueAsString(Map.of("schema", schema.toString()));
        HttpResponse<String> response =
                send(
                        request(versions(subject))
                                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build());
        return field(response, "id").asInt();
    }

    private static String versions(String subject) {
        String encoded = URLEncoder.encode(subject, StandardCharsets.UTF_8);
        return "/subjects/" + encoded.replace("+", "%20") + "/versions";
    }

    private static Schema parse(String json) {
        if (json.length() > MAX_SCHEMA_CHARS) {
            throw new AvroRuntimeException("longer than " + MAX_SCHEMA_CHARS + " characters");
        }
        return AvroSchemas.parse(json);
    }

    private HttpResponse<String> get(String path) throws IOException {
        return send(request(path).GET().build());
    }

    private HttpRequest.Builder request(String path) {
        String base = config.url().toString();
        String url = (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path;
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(config.timeout())
                        .header("Accept", "application/vnd.schemaregistry.v1+json");
        if (!config.user().isEmpty()) {
            byte[] credentials =
                    (config.user() + ":" + config.password()).getBytes(StandardCharsets.UTF_8);
            request.header(
                    "Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
        }
        return request;
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException {
        IOException last = null;
        for (int attempt = 0; attempt < MAX_TRIES; attempt++) {
            pause(attempt);
            try {
                HttpResponse<String> response = sendOnce(request);
                if (!isServerTrouble(response.statusCode())) {
                    return response;
                }
                last = new IOException("it answers " + response.statusCode());
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                last = e;
            }
        }
        throw new IOException(
                "The schema registry at "
                        + config.url()
                        + " failed "
                        + MAX_TRIES
                        + " times, the last time because "
                        + (last.getMessage() == null
                                ? last.getClass().getName()
                                : last.getMessage()),
                last);
    }

    private static boolean isServerTrouble(int status) {
        return status >= 500 || status == 429;
    }

    private HttpResponse<String> sendOnce(HttpRequest request) throws IOException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void pause(int attempt) throws IOException {
        if (attempt > 0) {
            try {
                Thread.sleep(firstPause.toMillis() << (2 * (attempt - 1)));
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private static InterruptedIOException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        InterruptedIOException interrupted =
                new InterruptedIOException("interrupted while asking the schema registry");
        interrupted.initCause(cause);
        return interrupted;
    }

    private JsonNode field(HttpResponse<String> response, String name) throws IOException {
        JsonNode body = body(response);
        if (response.statusCode() != 200 || !body.hasNonNull(name)) {
            throw new IOException(
                    "The schema registry at "
                            + config.url()
                            + " answers "
                            + response.statusCode()
                            + " "
                            + body.path("message").asText("without a message"));
        }
        return body.get(name);
    }

    private static JsonNode body(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }

    private static InvalidRequestException invalidRecord(
            RecordError code, String given, String remedy) {
        return new InvalidRequestException(
                new Problem(
                        code, "record value", given, "the id of a schema in the registry", remedy));
    }
}

package dev.millrace.connector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The part of the Confluent registry's REST interface that jobs use, with faults to order.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class FakeSchemaRegistry implements AutoCloseable {
    /** A fault: no answer until the registry is closed. */
    static final int HANG = 0;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<String> schemas = new ArrayList<>();
    private final Queue<Integer> faults = new ArrayDeque<>();
    private final List<String> requests = new ArrayList<>();
    private String authorization = "";

    FakeSchemaRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    RegistryConfig config() {
        URI url = URI.create("http://localhost:" + server.getAddress().getPort() + "/base/");
        return new RegistryConfig(url, "me", "pass", Duration.ofMillis(300));
    }

    /** Its id is its number, from 1 on. */
    synchronized int add(String schema) {
        schemas.add(schema);
        return schemas.size();
    }

    /** The next requests get these statuses, or {@link #HANG}. */
    synchronized void failNext(Integer... statuses) {
        faults.addAll(List.of(statuses));
    }

    synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    synchronized String authorization() {
        return authorization;
    }

    private void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        Integer fault;
        synchronized (this) {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            authorization = exchange.getRequestHeaders().getFirst("Authorization");
            fault = faults.poll();
        }
        if (fault == null) {
            answer(exchange, body);
        } else if (fault == HANG) {
            awaitClose();
        } else {
            send(exchange, fault, Map.of("message", "as ordered"));
        }
    }

    private void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void answer(HttpExchange exchange, byte[] body) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.startsWith("/base/schemas/ids/")) {
            int id = Integer.parseInt(path.substring("/base/schemas/ids/".length()));
            if (id < 1 || id > schemas.size()) {
                send(exchange, 404, Map.of("error_code", 40403, "message", "Schema not found"));
                return;
            }
            send(exchange, 200, Map.of("schema", schemas.get(id - 1)));
        } else if (path.endsWith("/versions/latest")) {
            send(
                    exchange,
                    200,
                    Map.of("id", schemas.size(), "schema", schemas.get(schemas.size() - 1)));
        } else {
            JsonNode posted = JSON.readTree(body);
            send(exchange, 200, Map.of("id", add(posted.get("schema").asText())));
        }
    }

    private static void send(HttpExchange exchange, int status, Map<String, ?> body)
            throws IOException {
        byte[] bytes = JSON.writeValueAsString(body).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}

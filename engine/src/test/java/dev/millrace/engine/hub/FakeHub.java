package dev.millrace.engine.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** A hub on this machine with one model, {@code acme/tiny}; it can be told to misbehave. */
public final class FakeHub implements AutoCloseable {
    public static final String MODEL = "acme/tiny";
    public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    static final String WEIGHTS = "model.safetensors";
    private static final String RESOLVE = "/" + MODEL + "/resolve/" + COMMIT + "/";

    /** What it does with a request instead of answering as a hub does. */
    public interface Fault {
        /** Returns true if it has answered. */
        boolean answer(FakeHub hub, HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ConcurrentMap<String, byte[]> files = new ConcurrentHashMap<>();
    private final List<Map.Entry<String, Fault>> faults = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();

    /** Files of 64 hexadecimal digits' ETag, as large files have; the others have Git's hash. */
    private final List<String> largeFiles = List.of(".safetensors", ".gguf");

    public FakeHub(Map<String, byte[]> files) throws IOException {
        this.files.putAll(files);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** {@code METHOD FILE range=RANGE token=TOKEN} of every request for a file, {@code METHOD PATH ...} of the others. */
    public List<String> requests() {
        return requests;
    }

    /** Requests that begin so. */
    public List<String> requests(String start) {
        return requests.stream().filter(r -> r.startsWith(start)).toList();
    }

    /** Misbehaves on requests like {@code "GET model.safetensors"} or {@code "GET /api"}. */
    public FakeHub on(String request, Fault fault) {
        faults.add(Map.entry(request, fault));
        return this;
    }

    /** The same, as often as {@code times}. */
    public FakeHub on(String request, int times, Fault fault) {
        int[] left = {times};
        return on(
                request,
                (hub, exchange) -> {
                    synchronized (left) {
                        if (left[0]-- <= 0) {
                            return false;
                        }
                    }
                    return fault.answer(hub, exchange);
                });
    }

    public static Fault status(int status, String... headers) {
        return (hub, exchange) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
            return true;
        };
    }

    /** Sends so many bytes of what it announced, then cuts the connection. */
    public static Fault cutAfter(int bytes) {
        return (hub, exchange) -> {
            byte[] all = hub.announce(exchange);
            OutputStream body = exchange.getResponseBody();
            body.write(all, 0, Math.min(bytes, all.length));
            body.flush();
            throw new IOException("cut");
        };
    }

    /** Sends so many bytes of what it announced, then nothing. */
    public static Fault stallAfter(int bytes) {
        return (hub, exchange) -> {
            byte[] all = hub.announce(exchange);
            exchange.getResponseBody().write(all, 0, Math.min(bytes, all.length));
            exchange.getResponseBody().flush();
            return true;
        };
    }

    /** Sends the bytes with one of them changed. */
    public static Fault corrupt() {
        return (hub, exchange) -> {
            byte[] all = hub.bytes(exchange).clone();
            all[all.length / 2] ^= 1;
            exchange.sendResponseHeaders(200, all.length);
            exchange.getResponseBody().write(all);
            exchange.close();
            return true;
        };
    }

    private void handle(HttpExchange exchange) throws IOException {
        String name = name(exchange.getRequestURI());
        String request = exchange.getRequestMethod() + " " + name;
        String range = exchange.getRequestHeaders().getFirst("Range");
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        requests.add(request + " range=" + range + " token=" + token);
        for (Map.Entry<String, Fault> each : faults) {
            if (request.startsWith(each.getKey()) && each.getValue().answer(this, exchange)) {
                return;
            }
        }
        if (name.startsWith("/api/models/" + MODEL + "/revision/")) {
            send(exchange, 200, info());
        } else if (files.containsKey(name)) {
            sendFile(exchange, name);
        } else {
            status(404, "X-Error-Message", "Entry not found").answer(this, exchange);
        }
    }

    private static String name(URI uri) {
        String path = uri.getPath();
        return path.startsWith(RESOLVE) ? path.substring(RESOLVE.length()) : path;
    }

    private byte[] info() {
        String siblings =
                files.keySet().stream()
                        .sorted()
                        .map(name -> "{\"rfilename\": \"" + name + "\"}")
                        .collect(Collectors.joining(", "));
        return "{\"id\": \"%s\", \"sha\": \"%s\", \"siblings\": [%s]}"
                .formatted(MODEL, COMMIT, siblings)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** As the real one does: large files lie on another address, and the hub tells their hash. */
    private void sendFile(HttpExchange exchange, String name) throws IOException {
        byte[] bytes = files.get(name);
        boolean large = largeFiles.stream().anyMatch(name::endsWith);
        exchange.getResponseHeaders()
                .set(large ? "X-Linked-Etag" : "ETag", "\"" + hash(name) + "\"");
        exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(bytes.length));
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
            return;
        }
        exchange.getResponseBody().write(announce(exchange));
        exchange.close();
    }

    /** Sends the head of a good answer; returns the bytes that it announces. */
    private byte[] announce(HttpExchange exchange) throws IOException {
        byte[] bytes = bytes(exchange);
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (range != null) {
            exchange.getResponseHeaders()
                    .set(
                            "Content-Range",
                            "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
        }
        byte[] rest = Arrays.copyOfRange(bytes, from, bytes.length);
        exchange.sendResponseHeaders(range == null ? 200 : 206, rest.length);
        return rest;
    }

    private static void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    byte[] bytes(HttpExchange exchange) {
        return files.get(name(exchange.getRequestURI()));
    }

    /** The hash by which the hub announces a file. */
    public String hash(String name) {
        byte[] bytes = files.get(name);
        boolean large = largeFiles.stream().anyMatch(name::endsWith);
        try {
            MessageDigest digest = MessageDigest.getInstance(large ? "SHA-256" : "SHA-1");
            if (!large) {
                digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            return HexFormat.of().formatHex(digest.digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** A model, and files beside it that nobody needs. */
    static Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>();
        files.put("config.json", text("{\"model_type\": \"llama\"}"));
        files.put("tokenizer.json", text("{}"));
        files.put("README.md", text("---\nlicense: mit\n---\n"));
        files.put(WEIGHTS, random(300_000));
        files.put("pytorch_model.bin", text("pickle"));
        files.put("training.log", text("not needed"));
        files.put("onnx/model.onnx", text("not needed"));
        return files;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }
}

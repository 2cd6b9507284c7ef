package dev.millrace.engine.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Speaks with a hub. Redirects are followed here, by hand: the token goes to the hub's own address alone.
 *
 * <p>Protocol: https://huggingface.co/docs/hub/api, and what huggingface_hub's {@code file_download} sends.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
final class HubClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_REDIRECTS = 8;
    private static final int MAX_INFO_BYTES = 64 << 20;
    private static final Pattern COMMIT_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

    private final HubConfig config;
    private final ModelName model;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();

    HubClient(HubConfig config, ModelName model) {
        this.config = config;
        this.model = model;
    }

    /** Whether {@code text} can be a commit, and a folder's name. */
    static boolean isCommitName(String text) {
        return COMMIT_NAME.matcher(text).matches();
    }

    /** What the model holds at its revision: the hub's JSON object. */
    byte[] info() throws IOException, InterruptedException {
        String revision = URLEncoder.encode(model.revision(), StandardCharsets.UTF_8);
        String path = "/api/models/" + model.repository() + "/revision/" + revision;
        HttpResponse<InputStream> response = send("GET", uri(path), 0, false);
        try (InputStream body = response.body()) {
            HubStatus.check(response, where(), 200);
            byte[] bytes = body.readNBytes(MAX_INFO_BYTES + 1);
            if (bytes.length > MAX_INFO_BYTES) {
                throw HubProblems.unexpected(
                        where(),
                        "a list of more than " + MAX_INFO_BYTES + " bytes",
                        "a shorter one");
            }
            return bytes;
        }
    }

    /** Hash and size of a file, which are told by the hub itself and not by the host that it redirects to. */
    RemoteFile describe(String commit, String file) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = send("HEAD", uri(commit, file), 0, true);
        response.body().close();
        HubStatus.check(response, where(file), 200, 301, 302, 303, 307, 308);
        String etag = header(response, "X-Linked-Etag", "ETag");
        OptionalLong size = number(header(response, "X-Linked-Size", "Content-Length"));
        FileHash hash =
                FileHash.ofEtag(etag)
                        .orElseThrow(
                                () ->
                                        HubProblems.refuse(
                                                HubError.NO_HASH,
                                                where(file),
                                                etag.isEmpty() ? "no ETag" : "the ETag " + etag,
                                                "a SHA-256 or Git hash, by which the bytes are checked",
                                                "Use a hub or mirror that passes ETag or X-Linked-Etag on"));
        if (size.isEmpty()) {
            throw HubProblems.unexpected(where(file), "no size", "X-Linked-Size or Content-Length");
        }
        return new RemoteFile(file, hash, size.getAsLong());
    }

    /** The bytes of a file from {@code from} on; the status may also be 200, all of them, or 416, none there. */
    HttpResponse<InputStream> open(String commit, RemoteFile file, long from)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> response = send("GET", uri(commit, file.name()), from, false);
        HubStatus.check(response, where(file.name()), 200, 206, 416);
        return response;
    }

    String where() {
        return "model " + model + " at " + config.endpoint();
    }

    String where(String file) {
        return where() + ", file " + file;
    }

    private URI uri(String path) {
        return URI.create(config.endpoint() + path);
    }

    private URI uri(String commit, String file) {
        String name = URLEncoder.encode(file, StandardCharsets.UTF_8).replace("+", "%20");
        return uri("/" + model.repository() + "/resolve/" + commit + "/" + name);
    }

    /** {@code ownHostOnly} returns a redirect to another host instead of following it. */
    private HttpResponse<InputStream> send(String method, URI uri, long from, boolean ownHostOnly)
            throws IOException, InterruptedException {
        URI target = uri;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpResponse<InputStream> response =
                    http.send(request(method, target, from), BodyHandlers.ofInputStream());
            URI next = redirect(response, target);
            if (next == null || (ownHostOnly && !isOwnHost(next))) {
                return response;
            }
            response.body().close();
            target = next;
        }
        throw HubProblems.unexpected(
                where(), "more than " + MAX_REDIRECTS + " redirects", "an answer");
    }

    private HttpRequest request(String method, URI uri, long from) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .timeout(config.patience().stall())
                        .header("User-Agent", "millrace")
                        // Sizes and ranges count the file's own bytes.
                        .header("Accept-Encoding", "identity");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        if (isOwnHost(uri)) {
            config.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request.build();
    }

    private URI redirect(HttpResponse<InputStream> response, URI from) {
        String location = response.headers().firstValue("Location").orElse(null);
        boolean redirects = response.statusCode() / 100 == 3 && response.statusCode() != 304;
        if (!redirects || location == null) {
            return null;
        }
        URI next;
        try {
            next = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw HubProblems.unexpected(where(), "a redirect to no address", "an address");
        }
        boolean plain = "http".equals(next.getScheme());
        if (next.getHost() == null || !(plain || "https".equals(next.getScheme()))) {
            throw HubProblems.unexpected(where(), "a redirect to " + next.getScheme(), "http(s)");
        }
        if (plain && "https".equals(from.getScheme())) {
            throw HubProblems.unexpected(where(), "a redirect from https to http", "https");
        }
        return next;
    }

    private boolean isOwnHost(URI uri) {
        URI own = config.endpoint();
        return uri.getScheme().equalsIgnoreCase(own.getScheme())
                && uri.getHost().equalsIgnoreCase(own.getHost())
                && port(uri) == port(own);
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    private static String header(HttpResponse<?> response, String first, String second) {
        return response.headers()
                .firstValue(first)
                .or(() -> response.headers().firstValue(second))
                .orElse("");
    }

    private static OptionalLong number(String text) {
        try {
            long value = Long.parseLong(text.strip());
            return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}

package dev.millrace.engine.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.LlmException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Fetching a model from a hub that behaves, and from hubs, networks and disks that do not. */
@Timeout(60)
final class HubTest {
    private static final String WEIGHTS = FakeHub.WEIGHTS;
    private static final HubConfig.Patience PATIENCE =
            new HubConfig.Patience(
                    3, Duration.ofMillis(5), Duration.ofSeconds(5), Duration.ofMillis(400));

    @TempDir private Path cache;
    private final List<String> messages = new ArrayList<>();
    private FakeHub hub;

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub(FakeHub.files());
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private HubConfig config(String token) {
        return new HubConfig(
                URI.create(hub.endpoint()), Optional.ofNullable(token), cache, false, PATIENCE);
    }

    private Hub client(HubConfig config) {
        return new Hub(
                config,
                new PullListener() {
                    @Override
                    public void message(String text) {
                        messages.add(text);
                    }

                    @Override
                    public void progress(long done, long total) {
                        assertThat(done).isLessThanOrEqualTo(total);
                    }
                });
    }

    private Path pull(String name) {
        return client(config(null)).pull(ModelName.of(name));
    }

    private Path folder() {
        return cache.resolve("models--acme--tiny");
    }

    @Test
    void theCacheIsLaidOutAsPythonExpectsAndHoldsOnlyWhatIsNeeded() throws IOException {
        Path snapshot = pull(FakeHub.MODEL);
        assertThat(snapshot).isEqualTo(folder().resolve("snapshots").resolve(FakeHub.COMMIT));
        assertThat(Files.readString(folder().resolve("refs/main"))).isEqualTo(FakeHub.COMMIT);
        assertThat(names(snapshot))
                .containsExactly("README.md", "config.json", WEIGHTS, "tokenizer.json");
        for (String name : names(snapshot)) {
            assertThat(Files.readSymbolicLink(snapshot.resolve(name)))
                    .isEqualTo(Path.of("../../blobs", hub.hash(name)));
        }
        assertThat(names(folder().resolve("blobs"))).hasSize(4);
        assertThat(Files.readAllBytes(snapshot.resolve(WEIGHTS)))
                .isEqualTo(FakeHub.random(300_000));
        assertThat(hub.requests("GET ")).noneMatch(r -> r.contains("pytorch_model.bin"));
    }

    @Test
    void aSecondPullFetchesNothing() {
        pull(FakeHub.MODEL);
        int before = hub.requests("GET ").size();
        pull(FakeHub.MODEL);
        assertThat(hub.requests("GET ").subList(before, hub.requests("GET ").size()))
                .allMatch(r -> r.contains("/api/"));
    }

    @Test
    void shardsAreThoseOfTheIndex() throws IOException {
        Map<String, byte[]> files = new TreeMap<>(FakeHub.files());
        files.remove(WEIGHTS);
        files.put("model-00001-of-00002.safetensors", FakeHub.random(10));
        files.put("model-00002-of-00002.safetensors", FakeHub.random(20));
        files.put("model-00003-of-00003.safetensors", FakeHub.random(30));
        files.put(
                FileChoice.INDEX,
                text(
                        "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\", \"b\":"
                                + " \"model-00002-of-00002.safetensors\"}}"));
        restart(files);
        assertThat(names(pull(FakeHub.MODEL)))
                .contains("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
                .doesNotContain("model-00003-of-00003.safetensors");
    }

    @Test
    void anIndexCannotReachOutOfTheFolder() throws IOException {
        Map<String, byte[]> files = new TreeMap<>(FakeHub.files());
        files.put(FileChoice.INDEX, text("{\"weight_map\": {\"a\": \"../../evil.safetensors\"}}"));
        restart(files);
        refused(FakeHub.MODEL, HubError.UNEXPECTED_ANSWER, "same folder");
    }

    static Stream<Arguments> ggufChoices() {
        return Stream.of(
                Arguments.of("acme/tiny:Q4_K_M", "tiny-Q4_K_M.gguf", null),
                Arguments.of("acme/tiny:q8_0", "tiny.Q8_0.gguf", null),
                Arguments.of("acme/tiny@main:tiny-Q4_K_M.gguf", "tiny-Q4_K_M.gguf", null),
                Arguments.of("acme/tiny", null, HubError.AMBIGUOUS),
                Arguments.of("acme/tiny:K_M", null, HubError.NO_SUCH_FILE),
                Arguments.of("acme/tiny:Q6_K", null, HubError.NO_SUCH_FILE),
                Arguments.of("acme/tiny:pytorch_model.bin", null, HubError.PICKLE),
                Arguments.of("acme/tiny:consolidated.pt", null, HubError.PICKLE),
                Arguments.of("acme/tiny:config.json", null, HubError.NO_SUCH_FILE));
    }

    @ParameterizedTest
    @MethodSource("ggufChoices")
    void oneGgufFileIsChosenByName(String name, String file, HubError error) throws IOException {
        restart(
                Map.of(
                        "tiny-Q4_K_M.gguf", FakeHub.random(10),
                        "tiny.Q8_0.gguf", FakeHub.random(20),
                        "config.json", text("{}"),
                        "pytorch_model.bin", text("pickle")));
        if (error != null) {
            refused(name, error, "acme/tiny");
            return;
        }
        Path path = pull(name);
        assertThat(path.getFileName()).hasToString(file);
        assertThat(names(path.getParent())).containsExactly(file);
    }

    @Test
    void pickledWeightsAloneAreRefusedWithTheReason() throws IOException {
        restart(Map.of("config.json", text("{}"), "pytorch_model.bin", text("pickle")));
        refused(FakeHub.MODEL, HubError.PICKLE, "can run code");
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("GET /api", 401, HubError.UNAUTHORIZED, "HF_TOKEN"),
                Arguments.of("GET /api", 403, HubError.FORBIDDEN, "terms"),
                Arguments.of("GET /api", 404, HubError.NOT_FOUND, "Check the name"),
                Arguments.of("GET /api", 418, HubError.UNEXPECTED_ANSWER, "418"),
                Arguments.of("HEAD " + WEIGHTS, 401, HubError.UNAUTHORIZED, WEIGHTS),
                Arguments.of("HEAD " + WEIGHTS, 403, HubError.FORBIDDEN, WEIGHTS),
                Arguments.of("GET " + WEIGHTS, 404, HubError.NOT_FOUND, WEIGHTS));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aRefusalOfTheHubIsFinal(String request, int status, HubError code, String message) {
        hub.on(request, FakeHub.status(status, "X-Error-Message", "said by the hub"));
        refused(FakeHub.MODEL, code, message);
        assertThat(hub.requests(request)).hasSize(1);
        assertThatThrownBy(() -> pull(FakeHub.MODEL)).hasMessageContaining("(said by the hub)");
    }

    @Test
    void tooManyRequestsAreRepeatedWhenTheHubSays() {
        hub.on("GET " + WEIGHTS, 1, FakeHub.status(429, "Retry-After", "1"));
        long start = System.nanoTime();
        pull(FakeHub.MODEL);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(1_000_000_000L);
    }

    @Test
    void aLongWaitIsToldInsteadOfWaited() {
        hub.on("GET /api", FakeHub.status(429, "Retry-After", "3600"));
        failed(HubError.RATE_LIMITED, "3600 s");
        assertThat(hub.requests("GET /api")).hasSize(1);
    }

    @Test
    void anErrorOfTheServerIsTriedAgain() {
        hub.on("HEAD " + WEIGHTS, 2, FakeHub.status(503));
        pull(FakeHub.MODEL);
        assertThat(hub.requests("HEAD " + WEIGHTS)).hasSize(3);
    }

    @Test
    void aServerThatStaysBrokenIsUnreachable() {
        hub.on("GET /api", FakeHub.status(500));
        failed(HubError.UNREACHABLE, "3 failures");
    }

    @Test
    void noServerIsUnreachable() {
        hub.close();
        failed(HubError.UNREACHABLE, "ConnectException");
    }

    @Test
    void aCutConnectionGoesOnWhereItEnded() throws IOException {
        hub.on("GET " + WEIGHTS, 2, FakeHub.cutAfter(100_000));
        Path snapshot = pull(FakeHub.MODEL);
        assertThat(Files.readAllBytes(snapshot.resolve(WEIGHTS)))
                .isEqualTo(FakeHub.random(300_000));
        assertThat(hub.requests("GET " + WEIGHTS))
                .hasSize(3)
                .last()
                .asString()
                .containsPattern("range=bytes=[1-9][0-9]*-");
    }

    @Test
    void aLaterPullGoesOnWhereAnEarlierOneEnded() throws IOException {
        Path partial = folder().resolve("blobs").resolve(hub.hash(WEIGHTS) + ".incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, java.util.Arrays.copyOf(FakeHub.random(300_000), 123_456));
        Path snapshot = pull(FakeHub.MODEL);
        assertThat(Files.readAllBytes(snapshot.resolve(WEIGHTS)))
                .isEqualTo(FakeHub.random(300_000));
        assertThat(hub.requests("GET " + WEIGHTS))
                .containsExactly("GET " + WEIGHTS + " range=bytes=123456- token=null");
        assertThat(partial).doesNotExist();
    }

    @Test
    void aHubWithoutRangesStartsOver() throws IOException {
        hub.on("GET " + WEIGHTS, 1, FakeHub.cutAfter(50_000));
        hub.on(
                "GET model",
                (server, exchange) -> {
                    boolean ranged = exchange.getRequestHeaders().containsKey("Range");
                    if (!ranged) {
                        return false;
                    }
                    byte[] all = server.bytes(exchange);
                    exchange.sendResponseHeaders(200, all.length);
                    exchange.getResponseBody().write(all);
                    exchange.close();
                    return true;
                });
        assertThat(Files.readAllBytes(pull(FakeHub.MODEL).resolve(WEIGHTS)))
                .isEqualTo(FakeHub.random(300_000));
    }

    @Test
    void whatIsTooLongToBeTheFilesBeginningIsForgotten() throws IOException {
        Path partial = folder().resolve("blobs").resolve(hub.hash(WEIGHTS) + ".incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, FakeHub.random(300_001));
        assertThat(Files.readAllBytes(pull(FakeHub.MODEL).resolve(WEIGHTS)))
                .isEqualTo(FakeHub.random(300_000));
    }

    @Test
    void aRangeOtherThanAskedForIsRefused() {
        hub.on("GET " + WEIGHTS, 1, FakeHub.cutAfter(50_000));
        hub.on("GET model", FakeHub.status(206, "Content-Range", "bytes 7-8/300000"));
        refused(FakeHub.MODEL, HubError.UNEXPECTED_ANSWER, "bytes 7-8/300000");
    }

    @Test
    void aStalledConnectionIsGivenUpAndGoneOnFrom() throws IOException {
        hub.on("GET " + WEIGHTS, 1, FakeHub.stallAfter(70_000));
        assertThat(Files.readAllBytes(pull(FakeHub.MODEL).resolve(WEIGHTS)))
                .isEqualTo(FakeHub.random(300_000));
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(strings = {WEIGHTS, "config.json"})
    void wrongBytesNeverReachTheCache(String file) throws IOException {
        hub.on("GET " + file, FakeHub.corrupt());
        refused(FakeHub.MODEL, HubError.WRONG_HASH, hub.hash(file));
        assertThat(names(folder().resolve("blobs"))).noneMatch(n -> n.startsWith(hub.hash(file)));
        assertThat(folder().resolve("snapshots").resolve(FakeHub.COMMIT).resolve(file))
                .doesNotExist();
        assertThat(folder().resolve("refs/main")).doesNotExist();
    }

    @Test
    void moreBytesThanAnnouncedAreNotWritten() throws IOException {
        hub.on(
                "HEAD " + WEIGHTS,
                FakeHub.status(200, "ETag", hub.hash(WEIGHTS), "X-Linked-Size", "9"));
        refused(FakeHub.MODEL, HubError.WRONG_HASH, "9 bytes");
    }

    @Test
    void aFileWithoutAHashIsRefused() {
        hub.on("HEAD " + WEIGHTS, FakeHub.status(200, "ETag", "\"abc\"", "X-Linked-Size", "9"));
        refused(FakeHub.MODEL, HubError.NO_HASH, "abc");
    }

    @Test
    void aRedirectToAnotherHostCarriesNoToken() throws IOException {
        try (FakeHub other = new FakeHub(FakeHub.files())) {
            hub.on(
                    "GET " + WEIGHTS,
                    (server, exchange) ->
                            FakeHub.status(
                                            302,
                                            "Location",
                                            other.endpoint() + exchange.getRequestURI())
                                    .answer(server, exchange));
            client(config("hf_secret")).pull(ModelName.of(FakeHub.MODEL));
            assertThat(hub.requests()).allMatch(r -> r.endsWith("token=Bearer hf_secret"));
            assertThat(other.requests())
                    .containsExactly("GET " + WEIGHTS + " range=null token=null");
        }
    }

    @Test
    void aRedirectOfTheHubItselfIsFollowedForTheHash() {
        hub.on("HEAD " + WEIGHTS, FakeHub.status(307, "Location", "/moved"));
        hub.on(
                "HEAD /moved",
                FakeHub.status(
                        302,
                        "Location",
                        "http://elsewhere.invalid/",
                        "X-Linked-Etag",
                        "\"" + hub.hash(WEIGHTS) + "\"",
                        "X-Linked-Size",
                        "300000"));
        assertThat(pull(FakeHub.MODEL).resolve(WEIGHTS)).hasBinaryContent(FakeHub.random(300_000));
    }

    @Test
    void redirectsWithoutEndEnd() {
        hub.on("GET /api", FakeHub.status(302, "Location", "/api/again"));
        refused(FakeHub.MODEL, HubError.UNEXPECTED_ANSWER, "redirects");
    }

    @Test
    void noJsonIsRefused() {
        hub.on("GET /api", FakeHub.status(200));
        refused(FakeHub.MODEL, HubError.UNEXPECTED_ANSWER, "HF_ENDPOINT");
    }

    @Test
    void aFileLargerThanTheDiskIsRefusedBeforeItsFirstByte() {
        hub.on(
                "HEAD " + WEIGHTS,
                FakeHub.status(
                        200, "ETag", hub.hash(WEIGHTS), "X-Linked-Size", "900000000000000000"));
        failed(HubError.DISK_FULL, "bytes free");
        assertThat(hub.requests("GET " + WEIGHTS)).isEmpty();
    }

    /** Linux has a file for that: writing to it fails as on a full disk. */
    @Test
    void aDiskThatFillsUpIsToldAndLeavesTheCacheClean() throws IOException {
        Path partial = folder().resolve("blobs").resolve(hub.hash(WEIGHTS) + ".incomplete");
        Files.createDirectories(partial.getParent());
        Files.createSymbolicLink(partial, Path.of("/dev/full"));
        failed(HubError.DISK_FULL, "Make room");
        assertThat(folder().resolve("blobs").resolve(hub.hash(WEIGHTS))).doesNotExist();
        Files.delete(partial);
        pull(FakeHub.MODEL);
    }

    @Test
    void aCacheThatCannotBeWrittenIsTold() throws IOException {
        Files.writeString(cache.resolve("models--acme--tiny"), "a file where a folder should be");
        failed(HubError.CACHE_FAILED, "HF_HUB_CACHE");
    }

    @Test
    void offlineTheCacheIsEnough() {
        Hub offline = client(config(null).withOffline());
        assertThatThrownBy(() -> offline.pull(ModelName.of(FakeHub.MODEL)))
                .hasMessageContaining(HubError.OFFLINE.id());
        Path online = pull(FakeHub.MODEL);
        int before = hub.requests().size();
        assertThat(offline.pull(ModelName.of(FakeHub.MODEL))).isEqualTo(online);
        assertThat(offline.pull(ModelName.of(FakeHub.MODEL + "@" + FakeHub.COMMIT)))
                .isEqualTo(online);
        assertThat(hub.requests()).hasSize(before);
    }

    @Test
    void aHalfFetchedModelIsNotTakenFromTheCache() {
        hub.on("GET " + WEIGHTS, FakeHub.status(404));
        assertThatThrownBy(() -> pull(FakeHub.MODEL)).isInstanceOf(LlmException.class);
        assertThat(client(config(null)).cached(ModelName.of(FakeHub.MODEL + "@" + FakeHub.COMMIT)))
                .isEmpty();
    }

    @Test
    void aHubThatDoesNotAnswerLeavesTheCachedCopy() {
        Path online = pull(FakeHub.MODEL);
        hub.close();
        assertThat(client(config(null)).find(ModelName.of(FakeHub.MODEL))).isEqualTo(online);
        assertThat(messages).singleElement().asString().contains("cached copy");
    }

    @Test
    void aCommitInTheCacheNeedsNoHub() {
        Path online = pull(FakeHub.MODEL);
        int before = hub.requests().size();
        String name = FakeHub.MODEL + "@" + FakeHub.COMMIT;
        assertThat(client(config(null)).find(ModelName.of(name))).isEqualTo(online);
        assertThat(hub.requests()).hasSize(before);
    }

    @Test
    void threadsThatPullTheSameModelFetchItOnce() throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<Path>> paths = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            paths.add(threads.submit(() -> pull(FakeHub.MODEL)));
        }
        for (Future<Path> path : paths) {
            assertThat(path.get()).exists();
        }
        threads.shutdown();
        assertThat(hub.requests("GET " + WEIGHTS)).hasSize(1);
    }

    @Test
    void processesThatPullTheSameModelFetchItOnce() throws IOException, InterruptedException {
        // Slow enough that both are there at once.
        hub.on("GET " + WEIGHTS, 2, FakeHub.stallAfter(70_000));
        Process first = PullProbe.start(hub.endpoint(), cache);
        Process second = PullProbe.start(hub.endpoint(), cache);
        assertThat(first.waitFor()).isZero();
        assertThat(second.waitFor()).isZero();
        // Two that stall, and the one that both need.
        assertThat(hub.requests("GET " + WEIGHTS)).hasSize(3);
        assertThat(hub.requests("GET config.json")).hasSize(1);
    }

    private void restart(Map<String, byte[]> files) throws IOException {
        hub.close();
        hub = new FakeHub(files);
    }

    private void refused(String name, HubError code, String message) {
        assertThatExceptionOfType(dev.millrace.engine.InvalidModelException.class)
                .isThrownBy(() -> pull(name))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining(message);
    }

    private void failed(HubError code, String message) {
        assertThatExceptionOfType(EngineFailedException.class)
                .isThrownBy(() -> pull(FakeHub.MODEL))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining(message);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }
}

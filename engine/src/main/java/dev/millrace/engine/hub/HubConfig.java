package dev.millrace.engine.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Where models come from and where they are kept; read from the environment variables that Python's huggingface_hub reads.
 *
 * @param endpoint address of the hub, without a slash at its end
 * @param token what is sent to that address, and to no other, as a bearer token
 * @param cache folder of all models
 * @param offline use the cache alone
 * @param patience how failures are met
 */
public record HubConfig(
        URI endpoint, Optional<String> token, Path cache, boolean offline, Patience patience) {

    /**
     * How long a failing hub is borne with.
     *
     * @param attempts tries in a row without one more byte
     * @param firstPause before the second try; doubles from then on
     * @param longestPause the most that a hub's {@code Retry-After} may ask for
     * @param stall longest time without a byte
     */
    record Patience(int attempts, Duration firstPause, Duration longestPause, Duration stall) {
        static final Patience DEFAULT =
                new Patience(
                        6, Duration.ofSeconds(1), Duration.ofMinutes(5), Duration.ofSeconds(60));

        /** With so many tries at most: for what need not be waited for long. */
        Patience atMost(int tries) {
            return new Patience(Math.min(tries, attempts), firstPause, longestPause, stall);
        }
    }

    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

    /** What this process's environment says. */
    public static HubConfig fromEnvironment() {
        return from(System::getenv);
    }

    /** What {@code environment} says; it gives null for a variable that is not set. */
    public static HubConfig from(UnaryOperator<String> environment) {
        Path home = home(environment);
        String cache = first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE");
        String endpoint = first(environment, "HF_ENDPOINT");
        return new HubConfig(
                endpoint(endpoint == null ? "https://huggingface.co" : endpoint),
                token(environment, home),
                cache == null ? home.resolve("hub") : Path.of(cache),
                isTrue(environment.apply("HF_HUB_OFFLINE")),
                Patience.DEFAULT);
    }

    /** The same with the cache alone. */
    public HubConfig withOffline() {
        return new HubConfig(endpoint, token, cache, true, patience);
    }

    private static Path home(UnaryOperator<String> environment) {
        String home = first(environment, "HF_HOME");
        if (home != null) {
            return Path.of(home);
        }
        String xdg = first(environment, "XDG_CACHE_HOME");
        Path caches =
                xdg != null ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return caches.resolve("huggingface");
    }

    private static Optional<String> token(UnaryOperator<String> environment, Path home) {
        String given = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
        if (given == null) {
            String path = first(environment, "HF_TOKEN_PATH");
            Path file = path == null ? home.resolve("token") : Path.of(path);
            try {
                given = Files.isRegularFile(file) ? Files.readString(file) : "";
            } catch (IOException e) {
                throw HubProblems.cache(file, e);
            }
        }
        String token = given.strip();
        if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw HubProblems.refuse(
                    HubError.INVALID_SETTING,
                    "HF_TOKEN",
                    "a token with spaces, line ends or letters outside ASCII",
                    "a token as the hub shows it",
                    "Copy it again");
        }
        return token.isEmpty() ? Optional.empty() : Optional.of(token);
    }

    private static URI endpoint(String text) {
        try {
            URI uri = new URI(text.strip().replaceAll("/+$", ""));
            boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (http && uri.getHost() != null && uri.getQuery() == null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Refused below, as every other text that is no address.
        }
        throw HubProblems.refuse(
                HubError.INVALID_SETTING,
                "HF_ENDPOINT",
                "'" + text + "'",
                "an address such as https://hub.example.org",
                "Correct it, or leave it unset");
    }

    private static String first(UnaryOperator<String> environment, String... names) {
        for (String name : names) {
            String value = environment.apply(name);
            if (value != null && !value.isBlank()) {
                return value;
            }
        }
        return null;
    }

    private static boolean isTrue(String value) {
        return value != null && TRUE.contains(value.strip().toUpperCase(Locale.ROOT));
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "HubConfig[endpoint=" + endpoint + ", cache=" + cache + ", offline=" + offline + "]";
    }
}

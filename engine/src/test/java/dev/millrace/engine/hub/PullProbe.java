package dev.millrace.engine.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A process of its own that pulls {@link FakeHub#MODEL}. */
final class PullProbe {
    private PullProbe() {}

    static Process start(String endpoint, Path cache) throws IOException {
        return new ProcessBuilder(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                PullProbe.class.getName(),
                                endpoint,
                                cache.toString()))
                .inheritIO()
                .start();
    }

    public static void main(String[] arguments) {
        HubConfig config =
                new HubConfig(
                        URI.create(arguments[0]),
                        Optional.empty(),
                        Path.of(arguments[1]),
                        false,
                        new HubConfig.Patience(
                                5,
                                Duration.ofMillis(5),
                                Duration.ofSeconds(5),
                                Duration.ofMillis(400)));
        PullListener silent =
                new PullListener() {
                    @Override
                    public void message(String text) {
                        System.err.println(text);
                    }

                    @Override
                    public void progress(long done, long total) {
                        // Nobody watches.
                    }
                };
        System.out.println(new Hub(config, silent).pull(ModelName.of(FakeHub.MODEL)));
    }
}

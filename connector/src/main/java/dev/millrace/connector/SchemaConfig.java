package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * Where the schemas are.
 *
 * @param file schema that records are read as; empty for the registry's latest
 * @param registry empty for plain Avro
 * @param subject of the latest schema
 * @param outputSubject that the output schema is registered under
 */
record SchemaConfig(
        Optional<String> file,
        Optional<RegistryConfig> registry,
        String subject,
        String outputSubject) {

    static SchemaConfig from(Settings settings, String sourceTopic, String outputTopic) {
        Optional<String> file = settings.text(JobOption.SCHEMA_FILE);
        Optional<RegistryConfig> registry =
                settings.text(JobOption.SCHEMA_REGISTRY).map(url -> registry(settings, url));
        if (file.isEmpty() && registry.isEmpty()) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.MISSING_KEYS,
                            "job file",
                            "neither schema.file nor schema.registry",
                            "one of them, or both",
                            "Name the schema file, or the registry that the producers use"));
        }
        return new SchemaConfig(
                file,
                registry,
                settings.textOr(JobOption.SCHEMA_SUBJECT, sourceTopic + "-value"),
                settings.textOr(JobOption.SCHEMA_OUTPUT_SUBJECT, outputTopic + "-value"));
    }

    private static URI uri(String url) {
        // What has an at sign has credentials, even if it is no URL.
        if (!url.contains("@")) {
            try {
                URI uri = new URI(url.strip());
                boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
                if (http && uri.getHost() != null) {
                    return uri;
                }
            } catch (URISyntaxException e) {
                // As any other text that is no URL.
            }
        }
        throw Settings.invalid(
                JobOption.SCHEMA_REGISTRY.key(),
                url.contains("@") ? "a URL with credentials" : "'" + url + "'",
                "an http or https URL; credentials go to schema.registry-user and -password");
    }

    private static RegistryConfig registry(Settings settings, String url) {
        URI uri = uri(url);
        return new RegistryConfig(
                uri,
                settings.textOr(JobOption.SCHEMA_REGISTRY_USER, ""),
                settings.textOr(JobOption.SCHEMA_REGISTRY_PASSWORD, ""),
                settings.durationOrFallback(JobOption.SCHEMA_REGISTRY_TIMEOUT));
    }
}

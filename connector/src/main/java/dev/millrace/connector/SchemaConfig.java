package dev.millrace.connector;

import dev.millrace.engine.Problem;
import java.net.URI;
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

    private static RegistryConfig registry(Settings settings, String url) {
        URI uri =
                settings.parsed(JobOption.SCHEMA_REGISTRY, "an http or https URL", URI::create)
                        .orElseThrow();
        boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
        if (!http || uri.getHost() == null || uri.getUserInfo() != null) {
            throw Settings.invalid(
                    JobOption.SCHEMA_REGISTRY.key(),
                    uri.getUserInfo() == null ? "'" + url + "'" : "a URL with credentials",
                    "an http or https URL; credentials go to schema.registry-user and -password");
        }
        return new RegistryConfig(
                uri,
                settings.textOr(JobOption.SCHEMA_REGISTRY_USER, ""),
                settings.textOr(JobOption.SCHEMA_REGISTRY_PASSWORD, ""),
                settings.durationOrFallback(JobOption.SCHEMA_REGISTRY_TIMEOUT));
    }
}

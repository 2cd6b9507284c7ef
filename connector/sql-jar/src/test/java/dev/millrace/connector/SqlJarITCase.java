package dev.millrace.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is in the jar for Flink's {@code lib/}: all that SQL needs, and nothing that could be there twice. */
final class SqlJarITCase {
    /**
     * Not to be moved: native libraries know these packages by name, and the second judge of answers its resources, which have no
     * package.
     */
    private static final List<String> PACKAGES =
            List.of(
                    "dev/millrace/",
                    "ai/djl/",
                    "jcuda/",
                    "META-INF/",
                    "native/",
                    "lib/libJ",
                    "draft",
                    "jsv-messages",
                    "ucd/",
                    "leap_second_dates.csv");

    private static JarFile jar;
    private static Set<String> entries;

    @BeforeAll
    static void open() throws IOException {
        try (DirectoryStream<Path> jars =
                Files.newDirectoryStream(Path.of("target"), "flink-sql-connector-millrace-*.jar")) {
            jar = new JarFile(jars.iterator().next().toFile());
        }
        entries =
                jar.stream()
                        .filter(entry -> !entry.isDirectory())
                        .map(ZipEntry::getName)
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    @AfterAll
    static void close() throws IOException {
        jar.close();
    }

    @Test
    void nothingIsThereThatAnotherJarOfLibMayHave() {
        assertThat(entries)
                .allSatisfy(entry -> assertThat(PACKAGES).anyMatch(entry::startsWith))
                .contains("dev/millrace/shaded/jackson/databind/ObjectMapper.class");
        assertThat(jar.stream().map(ZipEntry::getName)).doesNotHaveDuplicates();
    }

    @Test
    void theFactoriesAreFound() throws IOException {
        String services = text("META-INF/services/org.apache.flink.table.factories.Factory");
        List<String> names =
                services.lines().filter(line -> !line.isBlank() && line.charAt(0) != '#').toList();
        assertThat(names).contains("dev.millrace.connector.sql.table.MillraceKafkaTableFactory");
        assertThat(names)
                .allSatisfy(
                        name -> assertThat(entries).contains(name.replace('.', '/') + ".class"));
    }

    @Test
    void everyClassOfOursFindsWhatItNeeds() {
        List<String> missing = new ArrayList<>();
        ClassFileImporter importer =
                new ClassFileImporter()
                        .withImportOption(
                                location ->
                                        location.contains("/dev/millrace/")
                                                && !location.contains("/shaded/"));
        for (JavaClass type : importer.importJar(jar)) {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String needed = dependency.getTargetClass().getBaseComponentType().getName();
                if (!isThere(needed)) {
                    missing.add(dependency.getDescription());
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** In the jar, in the JDK, or in the {@code lib/} of every Flink that has the Kafka connector. */
    private static boolean isThere(String name) {
        return entries.contains(name.replace('.', '/') + ".class")
                || !name.contains(".")
                || name.startsWith("java.")
                || name.startsWith("javax.crypto.")
                || name.startsWith("jdk.incubator.vector.")
                || name.startsWith("org.slf4j.")
                || name.startsWith("org.apache.kafka.")
                || (name.startsWith("org.apache.flink.")
                        && !name.startsWith("org.apache.flink.formats."));
    }

    @Test
    void kernelsTokenizersAndTheGpuBindingBringTheirLibraries() {
        assertThat(entries)
                .contains(
                        "native/lib/linux-x86_64/cpu/libtokenizers.so",
                        "lib/libJCudaDriver-12.6.0-linux-x86_64.so",
                        "ai/djl/huggingface/tokenizers/jni/TokenizersLibrary.class",
                        "jcuda/driver/JCudaDriver.class");
    }

    @Test
    void licencesOfWhatIsInsideAreThere() throws IOException {
        assertThat(text("META-INF/LICENSE")).contains("Apache License", "Version 2.0");
        assertThat(text("META-INF/licenses/LICENSE.jcuda")).contains("Permission is hereby");
        String notice = text("META-INF/NOTICE");
        assertThat(bundled())
                .isNotEmpty()
                .allSatisfy(artifact -> assertThat(notice).contains(artifact));
    }

    /** Names of the third-party artifacts inside, as far as they say so. */
    private static List<String> bundled() {
        return entries.stream()
                .filter(entry -> entry.endsWith("/pom.properties"))
                .map(entry -> Path.of(entry).getName(3).toString())
                .filter(artifact -> !artifact.contains("millrace"))
                .toList();
    }

    private static String text(String name) throws IOException {
        assertThat(entries).contains(name);
        try (InputStream stream = jar.getInputStream(jar.getEntry(name))) {
            return new String(stream.readAllBytes(), UTF_8);
        }
    }
}

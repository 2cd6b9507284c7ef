package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the script {@code millrace} says where Java is missing or too old. */
final class ScriptTest {
    @TempDir private Path javaHome;

    @Test
    void aMissingJavaIsOneClearMessage() throws Exception {
        assertRefused("needs Java 17 or later; install it, or set JAVA_HOME to it");
    }

    @Test
    void anOldJavaIsOneClearMessage() throws Exception {
        fakeJava("openjdk version \"11.0.2\" 2019-01-15");
        assertRefused("needs Java 17 or later, but", "is Java 11; set JAVA_HOME to a later one");
    }

    @Test
    void aVeryOldJavaIsOneClearMessage() throws Exception {
        fakeJava("java version \"1.8.0_292\"");
        assertRefused("is Java 8;");
    }

    private void fakeJava(String version) throws IOException {
        Path java = javaHome.resolve("bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, "#!/bin/sh\necho '" + version + "' >&2\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void assertRefused(String... expected) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "../millrace", "--version");
        builder.environment().put("JAVA_HOME", javaHome.toString());
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(4);
        assertThat(output.strip().lines()).hasSize(1);
        assertThat(output).startsWith("millrace: ").contains(expected);
    }
}

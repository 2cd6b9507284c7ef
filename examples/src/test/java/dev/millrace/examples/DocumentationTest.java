package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.millrace.connector.JobConfig;
import dev.millrace.connector.JobOption;
import dev.millrace.engine.EngineOption;
import dev.millrace.engine.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documents list what the code has, and their examples work. Shell blocks of the README are run by {@code .ci/run}. */
class DocumentationTest {
    private static final Path ROOT = Path.of("..");

    /** To a file of the sources; what stands behind # is left to readers. */
    private static final Pattern LINK = Pattern.compile("]\\((?!https?:|#)([^)#\\s]+)");

    @Test
    void everyErrorCodeIsListedWithItsStatus() throws IOException {
        String text = Files.readString(ROOT.resolve("docs/errors.md"));
        List<ErrorCode> codes = errorCodes();
        assertThat(codes).hasSizeGreaterThan(100);
        for (ErrorCode code : codes) {
            assertThat(text).contains("| " + code.id() + " | " + code.status() + " |");
        }
    }

    @Test
    void errorCodesAreDistinct() {
        assertThat(errorCodes().stream().map(ErrorCode::id)).doesNotHaveDuplicates();
    }

    @Test
    void everyJobOptionIsListed() throws IOException {
        assertThat(Files.readString(ROOT.resolve("docs/configuration.md")))
                .contains(JobOption.markdownTable());
    }

    @Test
    void everyEngineOptionIsListed() throws IOException {
        String text = Files.readString(ROOT.resolve("docs/configuration.md"));
        for (EngineOption option : EngineOption.values()) {
            String shown =
                    option == EngineOption.THREADS ? "one a processor" : option.defaultText();
            assertThat(text)
                    .contains(
                            "| `%s` | %s | %s | %s |"
                                    .formatted(
                                            option.key(),
                                            option.allowed(),
                                            shown,
                                            option.description()));
        }
    }

    @Test
    void everyCommandIsNamedInTheReadme() throws IOException {
        assertThat(Files.readString(ROOT.resolve("README.md")))
                .contains(
                        Millrace.commandLine().getSubcommands().keySet().stream()
                                .map(command -> "`" + command + "`")
                                .toList());
    }

    @Test
    void everyLinkBetweenDocumentsLeadsSomewhere() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (String name :
                List.of("README.md", "CONTRIBUTING.md", "docs", "examples/triage-model")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(name))) {
                files.filter(file -> file.toString().endsWith(".md")).forEach(documents::add);
            }
        }
        assertThat(documents).hasSizeGreaterThan(30);
        for (Path document : documents) {
            for (MatchResult link : LINK.matcher(Files.readString(document)).results().toList()) {
                assertThat(document.resolveSibling(link.group(1)))
                        .as("link in %s", document)
                        .exists();
            }
        }
    }

    @Test
    void theJobOfTheReadmeIsValid(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("job.yaml"), Readme.block("yaml"));
        JobConfig job = JobConfig.read(file, List.of());
        assertThat(job.name()).isEqualTo("triage");
    }

    @Test
    void theProgramOfTheReadmeIsTheOneInTheSources() throws IOException {
        Path source = Path.of("src/main/java/dev/millrace/examples/SummarizeReviews.java");
        assertThat(unindented(Files.readString(source))).contains(unindented(Readme.block("java")));
    }

    private static String unindented(String text) {
        return text.lines().map(String::strip).collect(Collectors.joining("\n"));
    }

    private static List<ErrorCode> errorCodes() {
        List<ErrorCode> codes = new ArrayList<>();
        for (JavaClass type :
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("dev.millrace")) {
            if (type.isEnum() && type.isAssignableTo(ErrorCode.class)) {
                for (Object constant : type.reflect().getEnumConstants()) {
                    codes.add((ErrorCode) constant);
                }
            }
        }
        return codes;
    }
}

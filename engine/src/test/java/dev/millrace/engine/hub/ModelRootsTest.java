package dev.millrace.engine.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths of models where an administrator has said where models may lie. */
final class ModelRootsTest {
    @TempDir Path folder;

    private ModelRoots roots;

    /**
     * Two allowed folders, {@code models}, itself behind a link, and {@code more}, and one, {@code secret}, that is not.
     */
    @BeforeEach
    void lay() throws IOException {
        for (String each : List.of("disk/models/tiny", "more/tiny", "secret/tiny", "models-too")) {
            Files.createDirectories(folder.resolve(each));
        }
        Files.writeString(folder.resolve("secret/passwords"), "x");
        Files.writeString(folder.resolve("disk/models/tiny/config.json"), "{}");
        Files.createSymbolicLink(folder.resolve("models"), folder.resolve("disk/models"));
        Path models = folder.resolve("models");
        Files.createSymbolicLink(models.resolve("same"), models.resolve("tiny"));
        Files.createSymbolicLink(models.resolve("out"), folder.resolve("secret/tiny"));
        Path stuffed = Files.createDirectories(models.resolve("stuffed"));
        Files.createSymbolicLink(
                stuffed.resolve("tokenizer.json"), folder.resolve("secret/passwords"));
        roots = new ModelRoots(List.of(folder + "/models", folder + "/more"));
    }

    private String filled(String model) {
        return model.replace("FOLDER", folder.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FOLDER/models/tiny",
                "FOLDER/models/tiny/config.json",
                "FOLDER/disk/models/tiny",
                "FOLDER/models/same",
                "FOLDER/more/../models/tiny",
                "FOLDER/models/not-there",
                "acme/tiny",
                "acme/tiny@v1:Q4_K_M"
            })
    void pathsBelowAndNamesAreAllowed(String model) {
        assertThatCode(() -> roots.requireAllowed(filled(model))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FOLDER/secret/tiny",
                "FOLDER/models/../secret/tiny",
                "FOLDER/models/out",
                "FOLDER/models/stuffed",
                "FOLDER/models-too",
                "FOLDER",
                "/etc/passwd",
                "../secret",
                "file:FOLDER/models/tiny",
                "..\\secret",
                "FOLDER/models/ti\0ny",
                "",
                "src/test",
            })
    void pathsThatLeadElsewhereAreRefused(String model) {
        assertThatThrownBy(() -> roots.requireAllowed(filled(model)))
                .hasMessageContaining("LLM-HB-18")
                .hasMessageContaining(folder + "/models, " + folder + "/more");
    }

    @Test
    void withoutRootsEveryPathIsAllowed() {
        ModelRoots none = ModelRoots.from(name -> null);
        assertThat(none.folders()).isEmpty();
        assertThatCode(() -> none.requireAllowed("/etc/passwd")).doesNotThrowAnyException();
    }

    @Test
    void theEnvironmentNamesThem() {
        String two = "/models" + File.pathSeparator + "/more";
        assertThat(ModelRoots.from(Map.of(ModelRoots.VARIABLE, two)::get).folders())
                .containsExactly("/models", "/more");
        for (String bad : List.of("models", "/models" + File.pathSeparator, "/mod\0els")) {
            assertThatThrownBy(() -> ModelRoots.from(Map.of(ModelRoots.VARIABLE, bad)::get))
                    .hasMessageContaining("LLM-HB-17")
                    .hasMessageContaining(ModelRoots.VARIABLE);
        }
    }
}

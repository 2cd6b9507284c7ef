package dev.millrace.engine.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of models, and the settings of the hub. */
final class ModelNameTest {

    @ParameterizedTest
    @CsvSource({
        "acme/tiny,acme,tiny,main,",
        "acme/tiny@v1.0,acme,tiny,v1.0,",
        "acme/tiny@refs/pr/3:Q4_K_M,acme,tiny,refs/pr/3,Q4_K_M",
        "a-b_c/T.2-x:t-Q8_0.gguf,a-b_c,T.2-x,main,t-Q8_0.gguf",
    })
    void namesAreRead(String text, String organization, String name, String revision, String file) {
        ModelName read = ModelName.of(text);
        assertThat(read.organization()).isEqualTo(organization);
        assertThat(read.name()).isEqualTo(name);
        assertThat(read.revision()).isEqualTo(revision);
        assertThat(read.file().orElse(null)).isEqualTo(file);
        assertThat(read).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny",
                "/acme/tiny",
                "./tiny",
                "../tiny",
                "a/b/c",
                "acme/",
                "acme/..",
                "acme/a..b",
                "acme/tiny@",
                "acme/tiny:",
                "acme/tiny@../x",
                "acme/ti ny",
                "models/x.gguf",
                "",
                "acme/tiny:../x",
                "http://acme/tiny"
            })
    void otherTextsAreNoNames(String text) {
        assertThat(ModelName.parse(text)).isEmpty();
        assertThatThrownBy(() -> ModelName.of(text)).hasMessageContaining("LLM-HB-01");
    }

    @Test
    void aPathThatExistsWinsOverAName(@TempDir Path folder) throws IOException {
        Path model = Files.createDirectories(folder.resolve("acme/tiny"));
        HubConfig nowhere = HubConfig.from(Map.of("HF_ENDPOINT", "http://127.0.0.1:1")::get);
        assertThat(ModelPath.of(model.toString(), new Hub(nowhere, null))).isEqualTo(model);
        assertThatThrownBy(() -> ModelPath.of(folder + "/no/such", new Hub(nowhere, null)))
                .hasMessageContaining("no file or folder here and no model's name")
                .hasMessageContaining("LLM-HB-01");
    }

    @Test
    void settingsAreThoseOfPython(@TempDir Path home) throws IOException {
        Files.writeString(home.resolve("token"), " hf_file\n");
        HubConfig config = HubConfig.from(Map.of("HF_HOME", home.toString())::get);
        assertThat(config.cache()).isEqualTo(home.resolve("hub"));
        assertThat(config.token()).contains("hf_file");
        assertThat(config.offline()).isFalse();
        assertThat(config.toString()).doesNotContain("hf_file");
        HubConfig other =
                HubConfig.from(
                        Map.of(
                                        "HF_HUB_CACHE", "/cache",
                                        "HF_TOKEN", "hf_env",
                                        "HF_ENDPOINT", "https://mirror.example/hub/",
                                        "HF_HUB_OFFLINE", "true")
                                ::get);
        assertThat(other.cache()).isEqualTo(Path.of("/cache"));
        assertThat(other.token()).contains("hf_env");
        assertThat(other.endpoint()).isEqualTo(URI.create("https://mirror.example/hub"));
        assertThat(other.offline()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "HF_ENDPOINT,mirror",
        "HF_ENDPOINT,ftp://mirror",
        "HF_ENDPOINT,https://",
        "HF_TOKEN,two words",
    })
    void settingsThatMakeNoSenseAreRefused(String name, String value) {
        assertThatThrownBy(() -> HubConfig.from(Map.of(name, value)::get))
                .hasMessageContaining(name)
                .hasMessageContaining("LLM-HB-17");
    }
}

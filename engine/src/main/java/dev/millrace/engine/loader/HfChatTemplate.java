package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.tokenizer.ChatTemplate;
import dev.millrace.engine.tokenizer.TokenizerError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the chat template of a folder: chat_template.jinja, else the one in tokenizer_config.json. */
final class HfChatTemplate {
    private static final String CONFIG = "tokenizer_config.json";
    private static final int MAX_CONFIG_BYTES = 64 << 20;

    private HfChatTemplate() {}

    static Optional<ChatTemplate> find(Path folder) {
        Path file = folder.resolve(CONFIG);
        Optional<ConfigJson> config =
                Files.exists(file)
                        ? Optional.of(
                                JsonFiles.readObject(
                                        file, MAX_CONFIG_BYTES, TokenizerError.NOT_JSON))
                        : Optional.empty();
        String bos = config.map(c -> token(c, "bos_token")).orElse("");
        String eos = config.map(c -> token(c, "eos_token")).orElse("");
        return source(folder, config).map(source -> ChatTemplate.compile(source, bos, eos));
    }

    private static Optional<String> source(Path folder, Optional<ConfigJson> config) {
        Path jinja = folder.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            return Optional.of(
                    JsonFiles.readText(
                            jinja,
                            4 * ChatTemplate.MAX_SOURCE_CHARS,
                            TokenizerError.TEMPLATE_INVALID));
        }
        return config.filter(c -> c.has("chat_template"))
                .map(c -> fromConfig(c.object().get("chat_template")));
    }

    private static String fromConfig(JsonNode template) {
        if (template.isTextual()) {
            return template.textValue();
        }
        for (JsonNode named : template) {
            if ("default".equals(named.path("name").textValue())) {
                return named.path("template").asText();
            }
        }
        throw Problems.refuse(
                TokenizerError.NO_CHAT_TEMPLATE,
                CONFIG + ": chat_template",
                "no template named 'default'",
                "a text, or named templates with 'default' among them",
                "Put the wanted one into chat_template.jinja");
    }

    /** A special token is a text, or an object with its text in "content". */
    private static String token(ConfigJson config, String key) {
        JsonNode token = config.object().path(key);
        return token.isObject() ? token.path("content").asText("") : token.asText("");
    }
}

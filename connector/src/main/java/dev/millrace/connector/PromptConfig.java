package dev.millrace.connector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Message;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** How a record becomes a prompt. */
sealed interface PromptConfig extends Serializable {

    /** One text. */
    record Plain(PromptTemplate template) implements PromptConfig {}

    /** A chat, turn by turn. */
    record Chat(List<Turn> turns) implements PromptConfig {
        public Chat {
            turns = List.copyOf(turns);
        }
    }

    /** One message of a chat. */
    record Turn(String role, PromptTemplate content) implements Serializable {}

    List<String> ROLES = List.of("system", "user", "assistant");

    /** Exactly one of the two options. */
    static PromptConfig from(Settings settings) {
        boolean plain = settings.has(JobOption.PROMPT);
        if (plain == settings.has(JobOption.MESSAGES)) {
            throw new InvalidJobException(
                    new Problem(
                            plain ? JobError.CONFLICTING_KEYS : JobError.MISSING_KEYS,
                            "job file",
                            plain ? "both prompt and messages" : "neither prompt nor messages",
                            "one of them",
                            "Use prompt for plain text and messages for a chat"));
        }
        return plain
                ? new Plain(
                        PromptTemplate.parse(
                                settings.textOr(JobOption.PROMPT, ""), JobOption.PROMPT.key()))
                : new Chat(turns(settings.node(JobOption.MESSAGES).orElseThrow()));
    }

    private static List<Turn> turns(JsonNode messages) {
        if (!messages.isArray() || messages.isEmpty()) {
            throw invalid("messages", "no list, or an empty one");
        }
        List<Turn> turns = new ArrayList<>();
        for (JsonNode message : messages) {
            turns.add(turn(message, "messages[" + turns.size() + "]"));
        }
        return turns;
    }

    private static Turn turn(JsonNode message, String where) {
        message.fieldNames()
                .forEachRemaining(
                        name -> {
                            if (!name.equals("role") && !name.equals("content")) {
                                throw invalid(where, "the key '" + name + "'");
                            }
                        });
        String role = message.path("role").asText("");
        if (!ROLES.contains(role)) {
            throw invalid(where + ".role", "'" + role + "'");
        }
        if (!message.path("content").isTextual()) {
            throw invalid(where + ".content", "no text");
        }
        String content = message.get("content").textValue();
        return new Turn(role, PromptTemplate.parse(content, where + ".content"));
    }

    private static InvalidJobException invalid(String where, String given) {
        return Settings.invalid(
                where, given, "{role: system, user or assistant; content: a template}");
    }

    /** Checks that records of the schema can fill all templates. */
    default void check(Schema schema) {
        if (this instanceof Plain plain) {
            plain.template().check(schema, JobOption.PROMPT.key());
        } else if (this instanceof Chat chat) {
            chat.turns().forEach(turn -> turn.content().check(schema, JobOption.MESSAGES.key()));
        }
    }

    /** The prompt for a record. */
    default Prompt render(IndexedRecord record) {
        if (this instanceof Chat chat) {
            return new Prompt.Chat(
                    chat.turns().stream()
                            .map(turn -> new Message(turn.role(), turn.content().render(record)))
                            .toList());
        }
        return new Prompt.Text(((Plain) this).template().render(record));
    }
}

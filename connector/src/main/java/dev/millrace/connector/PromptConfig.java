package dev.millrace.connector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.Message;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** How a record becomes a prompt. */
sealed interface PromptConfig extends Serializable
        permits PromptConfig.Plain, PromptConfig.Chat, MessagesColumn {

    /** One text. */
    record Plain(PromptTemplate template) implements PromptConfig {
        @Override
        public void check(Schema schema) {
            template.check(schema, JobOption.PROMPT.key());
        }

        @Override
        public Prompt render(IndexedRecord record) {
            return new Prompt.Text(template.render(record));
        }
    }

    /** A chat, turn by turn. */
    record Chat(List<Turn> turns) implements PromptConfig {
        public Chat {
            turns = List.copyOf(turns);
        }

        @Override
        public void check(Schema schema) {
            turns.forEach(turn -> turn.content().check(schema, JobOption.MESSAGES.key()));
        }

        @Override
        public Prompt render(IndexedRecord record) {
            return new Prompt.Chat(
                    turns.stream()
                            .map(turn -> new Message(turn.role(), turn.content().render(record)))
                            .toList());
        }
    }

    /** One message of a chat. */
    record Turn(String role, PromptTemplate content) implements Serializable {}

    /** Exactly one of the three options. */
    static PromptConfig from(Settings settings) {
        List<String> given =
                Stream.of(JobOption.PROMPT, JobOption.MESSAGES, JobOption.MESSAGES_COLUMN)
                        .filter(settings::has)
                        .map(JobOption::key)
                        .toList();
        if (given.size() != 1) {
            throw new InvalidJobException(
                    new Problem(
                            given.isEmpty() ? JobError.MISSING_KEYS : JobError.CONFLICTING_KEYS,
                            "job file",
                            given.isEmpty()
                                    ? "neither prompt nor messages nor messages-column"
                                    : "both " + String.join(" and ", given),
                            "one of them",
                            "Use prompt for plain text, messages for a chat, messages-column for a chat in a field"));
        }
        if (settings.has(JobOption.MESSAGES_COLUMN)) {
            return new MessagesColumn(
                    FieldPath.parse(settings.textOr(JobOption.MESSAGES_COLUMN, "")));
        }
        return settings.has(JobOption.PROMPT)
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
        if (!ChatLimits.ROLES.contains(role)) {
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

    /**
     * Checks that records of the schema have what the prompt needs.
     *
     * @throws InvalidJobException if they do not
     */
    void check(Schema schema);

    /**
     * The prompt for a record.
     *
     * @throws dev.millrace.engine.InvalidRequestException if the record lacks what it needs
     */
    Prompt render(IndexedRecord record);
}

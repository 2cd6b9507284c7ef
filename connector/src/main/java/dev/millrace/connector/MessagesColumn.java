package dev.millrace.connector;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * A chat that each record brings along: a field that is an array of records with {@code role} and {@code content}.
 *
 * @param path of the array
 */
record MessagesColumn(FieldPath path) implements PromptConfig {
    private static final String ROLE = "role";
    private static final String CONTENT = "content";
    private static final FieldPath ROLE_PATH = FieldPath.parse(ROLE);
    private static final FieldPath CONTENT_PATH = FieldPath.parse(CONTENT);

    @Override
    public void check(Schema schema) {
        Schema type = path.type(schema, JobOption.MESSAGES_COLUMN.key());
        if (type.getType() != Schema.Type.ARRAY || !isMessage(type.getElementType())) {
            throw new InvalidJobException(
                    new Problem(
                            JobError.UNKNOWN_FIELD,
                            JobOption.MESSAGES_COLUMN.key() + ", field " + path,
                            "a field of another type",
                            "an array of records with the strings role and content",
                            "Name such a field, or write the chat with messages"));
        }
    }

    private static boolean isMessage(Schema element) {
        Schema type = FieldPath.withoutNull(element);
        return type.getType() == Schema.Type.RECORD
                && isText(type.getField(ROLE))
                && isText(type.getField(CONTENT));
    }

    private static boolean isText(Schema.Field field) {
        if (field == null) {
            return false;
        }
        Schema.Type type = FieldPath.withoutNull(field.schema()).getType();
        return type == Schema.Type.STRING || type == Schema.Type.ENUM;
    }

    @Override
    public Prompt render(IndexedRecord record) {
        Collection<?> elements = (Collection<?>) path.requiredValue(record);
        if (elements.isEmpty() || elements.size() > ChatLimits.MAX_MESSAGES) {
            throw invalid("", elements.size() + " messages", "1 to " + ChatLimits.MAX_MESSAGES);
        }
        List<Message> messages = new ArrayList<>(elements.size());
        for (Object element : elements) {
            messages.add(message(element, "[" + messages.size() + "]"));
        }
        return new Prompt.Chat(messages);
    }

    private Message message(Object element, String where) {
        if (!(element instanceof IndexedRecord message)) {
            throw invalid(where, "null", "a message");
        }
        String role = ROLE_PATH.value(message).map(Object::toString).orElse("null");
        if (!ChatLimits.ROLES.contains(role)) {
            // Not the role itself: whatever stands there came with the record.
            throw invalid(where + ".role", "an unknown role", String.join(", ", ChatLimits.ROLES));
        }
        Object content = CONTENT_PATH.value(message).orElse(null);
        if (content == null) {
            throw invalid(where + ".content", "null", "a text");
        }
        return new Message(role, content.toString());
    }

    private InvalidRequestException invalid(String where, String given, String allowed) {
        return new InvalidRequestException(
                new Problem(
                        RecordError.INVALID_MESSAGES,
                        "record field " + path + where,
                        given,
                        allowed,
                        "Mend the producer, or send such records elsewhere"));
    }
}

package dev.millrace.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MessagesColumnTest {
    private static final Schema SCHEMA =
            AvroSchemas.parse(
                    """
                    {"type": "record", "name": "Talk", "fields": [
                      {"name": "chat", "type": ["null", {"type": "array", "items": ["null",
                        {"type": "record", "name": "Turn", "fields": [
                          {"name": "role", "type": ["null", "string"]},
                          {"name": "content", "type": ["null", "string"]}]}]}]},
                      {"name": "texts", "type": {"type": "array", "items": "string"}},
                      {"name": "numbers", "type": {"type": "array", "items": {"type": "record", "name": "N", "fields": [
                        {"name": "role", "type": "string"}, {"name": "content", "type": "int"}]}}}]}
                    """);
    private static final Schema TURN =
            FieldPath.withoutNull(
                    FieldPath.withoutNull(SCHEMA.getField("chat").schema()).getElementType());

    private final MessagesColumn column = new MessagesColumn(FieldPath.parse("chat"));

    private static GenericRecord talk(List<GenericRecord> turns) {
        GenericRecord talk = new GenericData.Record(SCHEMA);
        talk.put("chat", turns);
        talk.put("texts", List.of());
        talk.put("numbers", List.of());
        // As it comes from Kafka, with Avro's own strings.
        return TestingTickets.decode(SCHEMA, TestingTickets.encode(talk));
    }

    private static GenericRecord turn(String role, String content) {
        GenericRecord turn = new GenericData.Record(TURN);
        turn.put("role", role);
        turn.put("content", content);
        return turn;
    }

    @Test
    void messagesOfARecordBecomeItsChat() {
        column.check(SCHEMA);
        assertThat(
                        column.render(
                                talk(
                                        List.of(
                                                turn("system", "Be brief."),
                                                turn("user", "{{texts}} 水"),
                                                turn("assistant", ""),
                                                turn("user", "And now?")))))
                .isEqualTo(
                        new Prompt.Chat(
                                List.of(
                                        new Message("system", "Be brief."),
                                        new Message("user", "{{texts}} 水"),
                                        new Message("assistant", ""),
                                        new Message("user", "And now?"))));
    }

    static List<Arguments> badChats() {
        GenericRecord good = turn("user", "secret words");
        List<GenericRecord> withNull = new ArrayList<>(Arrays.asList(good, null));
        return List.of(
                Arguments.of(null, RecordError.MISSING_FIELD, "record field chat: got null"),
                Arguments.of(List.of(), RecordError.INVALID_MESSAGES, "chat: got 0 messages"),
                Arguments.of(
                        Collections.nCopies(1001, good),
                        RecordError.INVALID_MESSAGES,
                        "got 1001 messages; expected 1 to 1000"),
                Arguments.of(withNull, RecordError.INVALID_MESSAGES, "chat[1]: got null"),
                Arguments.of(
                        List.of(good, turn("secret role", "x")),
                        RecordError.INVALID_MESSAGES,
                        "chat[1].role: got an unknown role; expected system, user, assistant"),
                Arguments.of(
                        List.of(turn(null, "x")), RecordError.INVALID_MESSAGES, "chat[0].role"),
                Arguments.of(
                        List.of(turn("user", null)),
                        RecordError.INVALID_MESSAGES,
                        "chat[0].content: got null"));
    }

    @ParameterizedTest
    @MethodSource("badChats")
    void badChatIsTheRecordsErrorAndNotQuoted(
            List<GenericRecord> turns, RecordError code, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> column.render(talk(turns)))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining(message)
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource({"texts", "numbers", "nowhere", "chat.role"})
    void fieldThatHoldsNoChatIsRefusedBeforeTheJobStarts(String field) {
        assertThatExceptionOfType(InvalidJobException.class)
                .isThrownBy(() -> new MessagesColumn(FieldPath.parse(field)).check(SCHEMA))
                .withMessageContaining("messages-column, field " + field)
                .withMessageContaining("[LLM-JB-09]");
    }
}

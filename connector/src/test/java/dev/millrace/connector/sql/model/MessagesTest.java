package dev.millrace.connector.sql.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import java.util.Collections;
import java.util.List;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Chats that a column holds. */
class MessagesTest {
    private final PromptSource source = new PromptSource.Messages("chat");

    private Prompt prompt(GenericRowData... messages) {
        Object chat = messages == null ? null : new GenericArrayData(messages);
        return source.of(GenericRowData.of(chat), new ColumnTexts(RowType.of())).whole();
    }

    private static GenericRowData message(String role, String content) {
        return GenericRowData.of(StringData.fromString(role), StringData.fromString(content));
    }

    @Test
    void messagesBecomeAChat() {
        assertThat(prompt(message("system", "Be brief."), message("user", "")))
                .isEqualTo(
                        new Prompt.Chat(
                                List.of(
                                        new Message("system", "Be brief."),
                                        new Message("user", ""))));
        GenericRowData[] most =
                Collections.nCopies(1000, message("user", "x")).toArray(GenericRowData[]::new);
        assertThat(((Prompt.Chat) prompt(most)).messages()).hasSize(1000);
    }

    static List<Arguments> bad() {
        GenericRowData good = message("user", "secret words");
        GenericRowData[] many = Collections.nCopies(1001, good).toArray(GenericRowData[]::new);
        return List.of(
                bad(SqlError.NULL_INPUT, "column chat: got null", (GenericRowData[]) null),
                bad(SqlError.MESSAGES, "column chat: got 0 messages; expected 1 to 1000"),
                bad(SqlError.MESSAGES, "column chat: got 1001 messages; expected 1 to 1000", many),
                bad(SqlError.NULL_INPUT, "column chat[1]: got null", good, null),
                bad(SqlError.NULL_INPUT, "column chat[0]: got null", message(null, "secret")),
                bad(SqlError.NULL_INPUT, "column chat[0]: got null", message("user", null)),
                bad(
                        SqlError.MESSAGES,
                        "column chat[1].role: got an unknown role; expected system, user, assistant",
                        good,
                        message("secret", "x")));
    }

    private static Arguments bad(SqlError code, String message, GenericRowData... messages) {
        return Arguments.of(code, message, messages);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("bad")
    void aBadChatIsTheRowsErrorAndNotQuoted(
            SqlError code, String message, GenericRowData[] messages) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> prompt(messages))
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code))
                .withMessageContaining(message)
                .withMessageNotContaining("secret");
    }
}

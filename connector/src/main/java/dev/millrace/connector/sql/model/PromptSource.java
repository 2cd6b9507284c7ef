package dev.millrace.connector.sql.model;

import dev.millrace.connector.ChatLimits;
import dev.millrace.connector.sql.SqlError;
import dev.millrace.connector.sql.row.ColumnTexts;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Message;
import dev.millrace.engine.Problem;
import dev.millrace.engine.Prompt;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.RowData;

/** How a row becomes a prompt. */
sealed interface PromptSource extends Serializable {
    /**
     * The prompt of a row.
     *
     * @throws InvalidRequestException if a column that it needs is null, or holds no chat
     */
    RowPrompt of(RowData row, ColumnTexts texts);

    /** One text. */
    record Text(RowTemplate template, List<String> names) implements PromptSource {
        @Override
        public RowPrompt of(RowData row, ColumnTexts texts) {
            return new RowPrompt(
                    values(template, names, row, texts),
                    values -> new Prompt.Text(template.fill(values.iterator())));
        }
    }

    /** A chat of one turn; {@code system} is null for none. */
    record Chat(RowTemplate system, RowTemplate user, List<String> names) implements PromptSource {
        @Override
        public RowPrompt of(RowData row, ColumnTexts texts) {
            List<String> all = new ArrayList<>();
            if (system != null) {
                all.addAll(values(system, names, row, texts));
            }
            all.addAll(values(user, names, row, texts));
            return new RowPrompt(all, values -> chat(values.iterator()));
        }

        private Prompt chat(Iterator<String> values) {
            List<Message> messages = new ArrayList<>();
            if (system != null) {
                messages.add(new Message("system", system.fill(values)));
            }
            messages.add(new Message("user", user.fill(values)));
            return new Prompt.Chat(messages);
        }
    }

    /** A chat that the one column holds, as an array of rows of role and content. */
    record Messages(String name) implements PromptSource {
        @Override
        public RowPrompt of(RowData row, ColumnTexts texts) {
            if (row.isNullAt(0)) {
                throw nullIn(name);
            }
            ArrayData messages = row.getArray(0);
            if (messages.size() == 0 || messages.size() > ChatLimits.MAX_MESSAGES) {
                throw invalid("", messages.size() + " messages", "1 to " + ChatLimits.MAX_MESSAGES);
            }
            List<String> roles = new ArrayList<>();
            List<String> contents = new ArrayList<>();
            for (int i = 0; i < messages.size(); i++) {
                RowData message = messages.isNullAt(i) ? null : messages.getRow(i, 2);
                if (message == null || message.isNullAt(0) || message.isNullAt(1)) {
                    throw nullIn(name + "[" + i + "]");
                }
                roles.add(role(message.getString(0).toString(), i));
                contents.add(message.getString(1).toString());
            }
            return new RowPrompt(contents, values -> chat(roles, values));
        }

        private String role(String role, int index) {
            if (!ChatLimits.ROLES.contains(role)) {
                // not itself, as it came with the row
                throw invalid(
                        "[" + index + "].role",
                        "an unknown role",
                        String.join(", ", ChatLimits.ROLES));
            }
            return role;
        }

        private InvalidRequestException invalid(String where, String given, String allowed) {
            return new InvalidRequestException(
                    new Problem(
                            SqlError.MESSAGES,
                            "column " + name + where,
                            given,
                            allowed,
                            "Mend it in the query"));
        }

        private static Prompt chat(List<String> roles, List<String> contents) {
            List<Message> messages = new ArrayList<>();
            for (int i = 0; i < roles.size(); i++) {
                messages.add(new Message(roles.get(i), contents.get(i)));
            }
            return new Prompt.Chat(messages);
        }
    }

    private static List<String> values(
            RowTemplate template, List<String> names, RowData row, ColumnTexts texts) {
        List<String> values = new ArrayList<>();
        for (int column : template.columns()) {
            String text = texts.text(row, column);
            if (text == null) {
                throw nullIn(names.get(column));
            }
            values.add(text);
        }
        return values;
    }

    private static InvalidRequestException nullIn(String column) {
        return new InvalidRequestException(
                new Problem(
                        SqlError.NULL_INPUT,
                        "column " + column,
                        "null",
                        "a value",
                        "Leave such rows out with WHERE, or replace nulls with COALESCE"));
    }
}

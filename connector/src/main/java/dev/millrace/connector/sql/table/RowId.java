package dev.millrace.connector.sql.table;

import dev.millrace.engine.Message;
import dev.millrace.engine.Prompt;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.flink.table.data.RowData;

/** Names the request of a row: the same name for every attempt at it. Random numbers are made from it. */
sealed interface RowId extends Serializable {

    /** Bytes of a hash that are kept. */
    int HASH_BYTES = 12;

    String of(RowData row, Prompt prompt);

    /**
     * {@code topic-partition-offset}.
     *
     * @param topic index of the field that has it, as the others
     */
    record Place(int topic, int partition, int offset) implements RowId {
        @Override
        public String of(RowData row, Prompt prompt) {
            return row.getString(topic) + "-" + row.getInt(partition) + "-" + row.getLong(offset);
        }
    }

    /** The value of a column; rows without one are named by their prompts. */
    record Column(RowData.FieldGetter column) implements RowId {
        @Override
        public String of(RowData row, Prompt prompt) {
            Object value = column.getFieldOrNull(row);
            return value == null ? new OfPrompt().of(row, prompt) : value.toString();
        }
    }

    /** A hash of the prompt: rows that ask the same get the same answer. */
    record OfPrompt() implements RowId {
        @Override
        public String of(RowData row, Prompt prompt) {
            MessageDigest hash = sha256();
            if (prompt instanceof Prompt.Text text) {
                update(hash, text.text());
            } else if (prompt instanceof Prompt.Chat chat) {
                for (Message message : chat.messages()) {
                    update(hash, message.role());
                    update(hash, message.content());
                }
            }
            return HexFormat.of().formatHex(hash.digest(), 0, HASH_BYTES);
        }

        private static void update(MessageDigest hash, String text) {
            hash.update(text.getBytes(StandardCharsets.UTF_8));
            hash.update((byte) 0);
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }
    }
}

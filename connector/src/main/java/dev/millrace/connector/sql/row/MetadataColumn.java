package dev.millrace.connector.sql.row;

import java.util.Locale;
import java.util.Optional;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** OUTPUT columns that the provider fills by itself, known by their names. */
public enum MetadataColumn {
    /** {@code stop}, {@code length} or {@code timeout}; null for a row that was not answered. */
    FINISH_REASON("STRING", LogicalTypeRoot.VARCHAR, LogicalTypeRoot.VARCHAR),
    PROMPT_TOKENS("INT or BIGINT", LogicalTypeRoot.INTEGER, LogicalTypeRoot.BIGINT),
    GENERATED_TOKENS("INT or BIGINT", LogicalTypeRoot.INTEGER, LogicalTypeRoot.BIGINT),
    /** {@code max-tokens}, or what the model's length left of it behind the prompt. */
    EFFECTIVE_MAX_TOKENS("INT or BIGINT", LogicalTypeRoot.INTEGER, LogicalTypeRoot.BIGINT),
    /** Stable code of what is wrong; null for a row that was answered. */
    ERROR_CODE("STRING", LogicalTypeRoot.VARCHAR, LogicalTypeRoot.VARCHAR),
    ERROR_MESSAGE("STRING", LogicalTypeRoot.VARCHAR, LogicalTypeRoot.VARCHAR),
    /** Log-probability of the whole answer, or of the label. */
    LOGPROB("FLOAT or DOUBLE", LogicalTypeRoot.FLOAT, LogicalTypeRoot.DOUBLE);

    private final String types;
    private final LogicalTypeRoot one;
    private final LogicalTypeRoot other;

    MetadataColumn(String types, LogicalTypeRoot one, LogicalTypeRoot other) {
        this.types = types;
        this.one = one;
        this.other = other;
    }

    static Optional<MetadataColumn> of(String name) {
        for (MetadataColumn column : values()) {
            if (column.columnName().equals(name)) {
                return Optional.of(column);
            }
        }
        return Optional.empty();
    }

    public String columnName() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean takes(LogicalTypeRoot root) {
        return root == one || root == other;
    }

    public String types() {
        return types;
    }
}

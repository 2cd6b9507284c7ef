package dev.millrace.connector.sql.row;

import dev.millrace.connector.sql.SqlError;
import dev.millrace.engine.Usage;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The OUTPUT columns of a model: those of the answer, and those that the provider fills.
 *
 * @param type of the whole row
 * @param answer type of the answer's columns alone
 * @param answerPositions where these stand in the row
 * @param metadata where the others stand
 */
public record OutputColumns(
        RowType type,
        RowType answer,
        List<Integer> answerPositions,
        Map<MetadataColumn, Integer> metadata)
        implements Serializable {

    public OutputColumns {
        answerPositions = List.copyOf(answerPositions);
        metadata = Map.copyOf(metadata);
    }

    /**
     * Tells the columns apart by their names.
     *
     * @throws org.apache.flink.table.api.ValidationException if a column that the provider fills has another type than it needs
     */
    public static OutputColumns of(RowType type) {
        List<RowType.RowField> answer = new ArrayList<>();
        List<Integer> positions = new ArrayList<>();
        Map<MetadataColumn, Integer> metadata = new EnumMap<>(MetadataColumn.class);
        for (int i = 0; i < type.getFieldCount(); i++) {
            RowType.RowField field = type.getFields().get(i);
            Optional<MetadataColumn> known = MetadataColumn.of(field.getName());
            if (known.isEmpty()) {
                answer.add(field);
                positions.add(i);
            } else {
                requireType(known.get(), field.getType());
                metadata.put(known.get(), i);
            }
        }
        return new OutputColumns(type, new RowType(false, answer), positions, metadata);
    }

    private static void requireType(MetadataColumn column, LogicalType type) {
        if (!column.takes(type.getTypeRoot())) {
            throw SqlError.OUTPUT_COLUMNS.refusal(
                    "OUTPUT column '"
                            + column.columnName()
                            + "' has the type "
                            + type.asSummaryString()
                            + ". The provider fills the column of this name, and needs the type "
                            + column.types()
                            + ". Change its type, or give an answer's column another name.");
        }
    }

    public boolean has(MetadataColumn column) {
        return metadata.containsKey(column);
    }

    /** The row of an answer. */
    public RowData row(Answer one) {
        GenericRowData row = new GenericRowData(type.getFieldCount());
        if (one.values() != null) {
            GenericRowData values = (GenericRowData) one.values();
            for (int i = 0; i < answerPositions.size(); i++) {
                row.setField(answerPositions.get(i), values.getField(i));
            }
        }
        metadata.forEach(
                (column, position) -> row.setField(position, value(column, position, one)));
        return row;
    }

    private Object value(MetadataColumn column, int position, Answer one) {
        return switch (column) {
            case FINISH_REASON -> StringData.fromString(one.finishReason());
            case PROMPT_TOKENS -> tokens(position, one, Usage::promptTokens);
            case GENERATED_TOKENS -> tokens(position, one, Usage::generatedTokens);
            case EFFECTIVE_MAX_TOKENS -> tokens(position, one, Usage::effectiveMaxTokens);
            case ERROR_CODE ->
                    one.problem() == null ? null : StringData.fromString(one.problem().code().id());
            case ERROR_MESSAGE ->
                    one.problem() == null ? null : StringData.fromString(one.problem().message());
            case LOGPROB -> one.logprob() == null ? null : number(position, one.logprob());
        };
    }

    private Object tokens(int position, Answer one, ToIntFunction<Usage> count) {
        return one.usage() == null ? null : number(position, count.applyAsInt(one.usage()));
    }

    private Object number(int position, Number value) {
        return switch (type.getTypeAt(position).getTypeRoot()) {
            case INTEGER -> value.intValue();
            case BIGINT -> value.longValue();
            case FLOAT -> value.floatValue();
            default -> value.doubleValue();
        };
    }
}

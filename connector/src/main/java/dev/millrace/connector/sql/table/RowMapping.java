package dev.millrace.connector.sql.table;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Makes rows of one type from rows of another by the names of their fields; a field that the other lacks is null.
 *
 * <p>Thread-safety: immutable.
 */
final class RowMapping implements Serializable {
    private static final long serialVersionUID = 1L;

    private final List<Source> sources;

    /** Where a field comes from; null for nowhere. */
    private record Source(RowData.FieldGetter getter) implements Serializable {}

    private RowMapping(List<Source> sources) {
        this.sources = List.copyOf(sources);
    }

    static RowMapping of(RowType from, RowType to) {
        List<Source> sources = new ArrayList<>();
        for (String name : to.getFieldNames()) {
            int index = from.getFieldIndex(name);
            sources.add(
                    new Source(
                            index < 0
                                    ? null
                                    : RowData.createFieldGetter(from.getTypeAt(index), index)));
        }
        return new RowMapping(sources);
    }

    GenericRowData map(RowData row) {
        GenericRowData mapped = new GenericRowData(row.getRowKind(), sources.size());
        for (int i = 0; i < sources.size(); i++) {
            RowData.FieldGetter getter = sources.get(i).getter();
            mapped.setField(i, getter == null ? null : getter.getFieldOrNull(row));
        }
        return mapped;
    }
}

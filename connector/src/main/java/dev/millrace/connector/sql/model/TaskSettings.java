package dev.millrace.connector.sql.model;

import dev.millrace.connector.RecordSeed;
import dev.millrace.connector.sql.row.OutputColumns;
import dev.millrace.connector.sql.row.RowSchema;
import dev.millrace.engine.Pooling;
import dev.millrace.engine.SamplingParams;
import java.io.Serializable;
import java.util.List;

/** What a task asks of the engine beside the prompt. */
public sealed interface TaskSettings extends Serializable {

    /**
     * Text, generated token by token.
     *
     * @param sampling for all rows; its format is the schema of the answers, if they have one
     * @param seedOfRow each row has its own seed, made from its prompt
     * @param typed whether answers are JSON objects with the answer's columns; otherwise they are the one column's text
     */
    record Generation(SamplingParams sampling, boolean seedOfRow, boolean typed)
            implements TaskSettings {

        /** Parameters of a request; {@code id} names it, and gives it its random numbers where rows have their own. */
        public SamplingParams sampling(String id) {
            return seedOfRow && sampling.temperature() > 0
                    ? sampling.toBuilder().seed(RecordSeed.of(id)).build()
                    : sampling;
        }

        /** Reads answers; null where they are the one column's text. */
        public RowSchema schema(OutputColumns outputs) {
            return typed ? RowSchema.of(outputs.answer()) : null;
        }
    }

    /**
     * One of several labels.
     *
     * @param probability position of the column for its probability among the answer's columns; -1 for none
     */
    record Labels(List<String> labels, boolean calibrated, int probability)
            implements TaskSettings {
        public Labels {
            labels = List.copyOf(labels);
        }
    }

    /** Probability of the first of two labels. */
    record Score(String yes, String no) implements TaskSettings {}

    /**
     * A vector.
     *
     * @param dimension how many values are kept; 0 for all
     * @param doubles whether the column holds DOUBLE, not FLOAT
     */
    record Vector(Pooling pooling, boolean normalized, int dimension, boolean doubles)
            implements TaskSettings {}
}

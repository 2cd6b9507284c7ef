package dev.millrace.connector.sql.row;

import dev.millrace.connector.sql.SqlError;
import dev.millrace.engine.InvalidRequestException;
import dev.millrace.engine.Problem;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Shortens embeddings. */
public final class Vectors {

    private Vectors() {}

    /**
     * The first values of a vector.
     *
     * @param unit whether they get Euclidean length 1
     * @throws InvalidRequestException if it has fewer
     */
    public static float[] first(float[] vector, int dimension, boolean unit) {
        if (dimension > vector.length) {
            throw new InvalidRequestException(
                    new Problem(
                            SqlError.INVALID_OPTION,
                            "option dimension",
                            String.valueOf(dimension),
                            "at most " + vector.length + ", the model's hidden size",
                            "Lower it, or leave it out"));
        }
        float[] shorter = Arrays.copyOf(vector, dimension);
        double length =
                Math.sqrt(
                        IntStream.range(0, dimension)
                                .mapToDouble(i -> (double) shorter[i] * shorter[i])
                                .sum());
        for (int i = 0; i < dimension && unit && length > 0; i++) {
            shorter[i] = (float) (shorter[i] / length);
        }
        return shorter;
    }

    public static double[] doubles(float[] vector) {
        return IntStream.range(0, vector.length).mapToDouble(i -> vector[i]).toArray();
    }
}

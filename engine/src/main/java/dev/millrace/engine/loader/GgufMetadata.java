package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The metadata of a GGUF file, read with type and range checked. Values are {@link Long} for all integers, {@link Double},
 * {@link Boolean}, {@link String}, or a {@link GgufArray}.
 *
 * @param where names the file in messages
 */
record GgufMetadata(String where, Map<String, Object> values) {

    boolean has(String key) {
        return values.containsKey(key);
    }

    int requiredInt(String key, int low, int high) {
        require(key);
        return (int) integer(key, low, high);
    }

    int intOr(String key, int low, int high, int fallback) {
        return has(key) ? (int) integer(key, low, high) : fallback;
    }

    /** A finite number above zero. */
    double positiveOr(String key, double fallback) {
        if (!has(key)) {
            return fallback;
        }
        double number = number(key);
        if (!(number > 0) || Double.isInfinite(number)) {
            throw invalid(key, "a finite number above 0");
        }
        return number;
    }

    double requiredPositive(String key) {
        require(key);
        return positiveOr(key, 0);
    }

    double number(String key) {
        Object value = values.get(key);
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw wrongType(key, "a number");
    }

    boolean booleanOr(String key, boolean fallback) {
        if (!has(key)) {
            return fallback;
        }
        if (values.get(key) instanceof Boolean value) {
            return value;
        }
        throw wrongType(key, "a boolean");
    }

    Optional<String> text(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (values.get(key) instanceof String value) {
            return Optional.of(value);
        }
        throw wrongType(key, "a text");
    }

    /** An array of texts; empty when absent. */
    Optional<List<String>> texts(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (values.get(key) instanceof GgufArray.Texts array) {
            return Optional.of(array.values());
        }
        throw wrongType(key, "an array of texts");
    }

    /** An array of integers; empty when absent. */
    Optional<GgufArray.Integers> integers(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (values.get(key) instanceof GgufArray.Integers array) {
            return Optional.of(array);
        }
        throw wrongType(key, "an array of integers");
    }

    /** An array of floats; empty when absent. */
    Optional<GgufArray.Floats> floats(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (values.get(key) instanceof GgufArray.Floats array) {
            return Optional.of(array);
        }
        throw wrongType(key, "an array of floats");
    }

    private long integer(String key, long low, long high) {
        if (!(values.get(key) instanceof Long value)) {
            throw wrongType(key, "an integer");
        }
        if (value < low || value > high) {
            throw invalid(key, "an integer from " + low + " to " + high);
        }
        return value;
    }

    private void require(String key) {
        if (!has(key)) {
            throw refuse(GgufError.MISSING_KEY, key, "nothing", "a value");
        }
    }

    RuntimeException invalid(String key, String allowed) {
        return refuse(GgufError.VALUE_RANGE, key, shown(key), allowed);
    }

    private RuntimeException wrongType(String key, String allowed) {
        return refuse(GgufError.VALUE_TYPE, key, shown(key), allowed);
    }

    RuntimeException refuse(GgufError code, String key, String given, String allowed) {
        return Problems.refuse(
                code, where + ": " + key, given, allowed, "Convert the model to GGUF again");
    }

    private String shown(String key) {
        Object value = values.get(key);
        return value instanceof String text ? quote(text) : String.valueOf(value);
    }
}

package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.quote;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A JSON object of settings whose values are read with their type and range checked. JSON null counts as absent. */
record ConfigJson(String where, JsonNode object) {

    boolean has(String key) {
        return object.hasNonNull(key);
    }

    int requiredInt(String key, int low, int high) {
        require(key);
        return toInt(key, object.get(key), low, high);
    }

    int intOr(String key, int low, int high, int fallback) {
        return has(key) ? toInt(key, object.get(key), low, high) : fallback;
    }

    double requiredPositive(String key) {
        require(key);
        return positiveOr(key, 0);
    }

    /** A finite number above zero. */
    double positiveOr(String key, double fallback) {
        if (!has(key)) {
            return fallback;
        }
        JsonNode value = object.get(key);
        double number = value.doubleValue();
        if (!value.isNumber() || !(number > 0) || Double.isInfinite(number)) {
            throw invalid(key, value, "a finite number above 0");
        }
        return number;
    }

    boolean booleanOr(String key, boolean fallback) {
        if (!has(key)) {
            return fallback;
        }
        if (!object.get(key).isBoolean()) {
            throw invalid(key, object.get(key), "true or false");
        }
        return object.get(key).booleanValue();
    }

    Optional<String> text(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (!object.get(key).isTextual()) {
            throw invalid(key, object.get(key), "a text");
        }
        return Optional.of(object.get(key).textValue());
    }

    /** One integer or a list of them; empty when absent. */
    List<Integer> ints(String key, int low, int high) {
        List<Integer> values = new ArrayList<>();
        if (has(key) && object.get(key).isArray()) {
            object.get(key).forEach(value -> values.add(toInt(key, value, low, high)));
        } else if (has(key)) {
            values.add(toInt(key, object.get(key), low, high));
        }
        return values;
    }

    /** A list of finite numbers above zero. */
    List<Float> positives(String key) {
        require(key);
        JsonNode values = object.get(key);
        List<Float> numbers = new ArrayList<>();
        for (JsonNode value : values) {
            float number = value.floatValue();
            if (!value.isNumber() || !(number > 0) || Float.isInfinite(number)) {
                throw invalid(key, value, "finite numbers above 0");
            }
            numbers.add(number);
        }
        if (!values.isArray()) {
            throw invalid(key, values, "a list of numbers");
        }
        return numbers;
    }

    Optional<ConfigJson> child(String key) {
        if (!has(key)) {
            return Optional.empty();
        }
        if (!object.get(key).isObject()) {
            throw invalid(key, object.get(key), "an object");
        }
        return Optional.of(new ConfigJson(where + ": " + key, object.get(key)));
    }

    private void require(String key) {
        if (!has(key)) {
            throw Problems.refuse(
                    ConfigError.MISSING_KEY,
                    where + ": " + key,
                    "nothing",
                    "a value",
                    "Take config.json from the original checkpoint");
        }
    }

    private int toInt(String key, JsonNode value, int low, int high) {
        boolean fits = value.isIntegralNumber() && value.canConvertToInt();
        if (!fits || value.intValue() < low || value.intValue() > high) {
            throw invalid(key, value, "an integer from " + low + " to " + high);
        }
        return value.intValue();
    }

    RuntimeException invalid(String key, JsonNode value, String allowed) {
        return Problems.refuse(
                ConfigError.INVALID_VALUE,
                where + ": " + key,
                value.isTextual() ? quote(value.textValue()) : shorten(value.toString()),
                allowed,
                "Take config.json from the original checkpoint");
    }

    RuntimeException contradiction(String key, String given, String allowed) {
        return Problems.refuse(
                ConfigError.CONTRADICTION,
                where + ": " + key,
                given,
                allowed,
                "Take config.json from the original checkpoint");
    }

    private static String shorten(String text) {
        return text.length() > 120 ? text.substring(0, 120) + "…" : text;
    }
}

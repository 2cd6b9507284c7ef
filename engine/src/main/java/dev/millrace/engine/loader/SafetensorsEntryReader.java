package dev.millrace.engine.loader;

import static dev.millrace.engine.loader.Problems.FETCH_AGAIN;
import static dev.millrace.engine.loader.Problems.quote;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads one tensor's entry of a safetensors header: dtype, shape and data_offsets. */
final class SafetensorsEntryReader {
    private static final int MAX_NAME = 1024;
    private static final int MAX_DIMENSIONS = 8;

    private final String where;
    private final String name;
    private final JsonParser json;
    private final Runnable onUnknownField;
    private SafetensorsDtype dtype;
    private List<Long> shape;
    private List<Long> offsets;

    private SafetensorsEntryReader(
            String where, String name, JsonParser json, Runnable onUnknownField) {
        this.where = where;
        this.name = name;
        this.json = json;
        this.onUnknownField = onUnknownField;
    }

    /** Reads the value that follows the field {@code name}. */
    static SafetensorsEntry read(
            String where, String name, JsonParser json, Runnable onUnknownField)
            throws IOException {
        SafetensorsEntryReader reader =
                new SafetensorsEntryReader(where, name, json, onUnknownField);
        reader.checkName();
        reader.readFields();
        return reader.entry();
    }

    private void checkName() {
        boolean control = name.chars().anyMatch(Character::isISOControl);
        if (name.isEmpty() || name.length() > MAX_NAME || control) {
            throw refuse(
                    SafetensorsError.TENSOR_NAME,
                    "this name",
                    "1 to " + MAX_NAME + " characters, no control characters");
        }
    }

    private void readFields() throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw refuse(SafetensorsError.TENSOR_ENTRY, "" + json.currentToken(), "an object");
        }
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> dtype = readDtype();
                case "shape" -> shape = readNumbers(SafetensorsError.SHAPE, field, MAX_DIMENSIONS);
                case "data_offsets" -> offsets = readNumbers(SafetensorsError.OFFSETS, field, 2);
                default -> {
                    onUnknownField.run();
                    json.skipChildren();
                }
            }
        }
    }

    private SafetensorsDtype readDtype() throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw refuse(
                    SafetensorsError.TENSOR_ENTRY, "dtype as " + json.currentToken(), "a text");
        }
        String given = json.getText();
        return SafetensorsDtype.named(given)
                .orElseThrow(
                        () ->
                                refuse(
                                        SafetensorsError.UNKNOWN_DTYPE,
                                        "dtype " + quote(given),
                                        "one of " + SafetensorsDtype.names()));
    }

    private List<Long> readNumbers(SafetensorsError code, String field, int most)
            throws IOException {
        String allowed = "at most " + most + " non-negative integers";
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw refuse(code, field + " as " + json.currentToken(), allowed);
        }
        List<Long> numbers = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (numbers.size() == most) {
                throw refuse(code, field + " with more than " + most + " numbers", allowed);
            }
            numbers.add(readNumber(code, field, allowed));
        }
        return numbers;
    }

    private long readNumber(SafetensorsError code, String field, String allowed)
            throws IOException {
        JsonToken token = json.currentToken();
        if (token != JsonToken.VALUE_NUMBER_INT) {
            String given = token.isStructStart() ? token.toString() : quote(json.getText());
            throw refuse(code, field + " with " + given, allowed);
        }
        if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER || json.getLongValue() < 0) {
            throw refuse(code, field + " with " + json.getText(), allowed + " below 2^63");
        }
        return json.getLongValue();
    }

    private SafetensorsEntry entry() {
        if (dtype == null || shape == null || offsets == null) {
            String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
            throw refuse(
                    SafetensorsError.TENSOR_ENTRY,
                    "no " + missing,
                    "dtype, shape and data_offsets");
        }
        if (offsets.size() != 2) {
            throw refuse(SafetensorsError.OFFSETS, "data_offsets " + offsets, "two byte positions");
        }
        return new SafetensorsEntry(name, dtype, shape, offsets.get(0), offsets.get(1));
    }

    private RuntimeException refuse(SafetensorsError code, String given, String allowed) {
        return Problems.refuse(
                code, where + ": tensor " + quote(name), given, allowed, FETCH_AGAIN);
    }
}

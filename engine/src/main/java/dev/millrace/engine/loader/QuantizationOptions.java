package dev.millrace.engine.loader;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;

/** Reads the options of a quantisation method; whatever is not known is refused, as it may change the numbers. */
record QuantizationOptions(ConfigJson json) {
    private static final String REMEDY =
            "Use a checkpoint that was quantised in a supported way; docs/checkpoints.md has the list";

    /** Refuses keys that are not in {@code known}, unless they are off: null, false, empty. */
    QuantizationOptions checkKeys(Set<String> known) {
        json.object()
                .properties()
                .forEach(
                        entry -> {
                            if (!known.contains(entry.getKey()) && !isOff(entry.getValue())) {
                                throw refuse(
                                        entry.getKey(),
                                        entry.getValue().toString(),
                                        "no such option");
                            }
                        });
        return this;
    }

    private static boolean isOff(JsonNode value) {
        return value.isNull()
                || (value.isBoolean() && !value.booleanValue())
                || (value.isContainerNode() && value.isEmpty());
    }

    /** Refuses {@code key} unless it is off. */
    QuantizationOptions off(String... keys) {
        for (String key : keys) {
            JsonNode value = json.object().path(key);
            if (!value.isMissingNode() && !isOff(value)) {
                throw refuse(key, value.toString(), "this option off");
            }
        }
        return this;
    }

    /** The text of {@code key}, one of {@code allowed}, the first of which stands for an absent one. */
    String oneOf(String key, String... allowed) {
        String value = json.text(key).orElse(allowed[0]);
        if (!List.of(allowed).contains(value)) {
            throw refuse(key, Problems.quote(value), String.join(" or ", allowed));
        }
        return value;
    }

    /** The integer of {@code key}, one of {@code allowed}. */
    int intOneOf(String key, int... allowed) {
        int value = json.requiredInt(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
        StringBuilder names = new StringBuilder();
        for (int each : allowed) {
            if (each == value) {
                return value;
            }
            names.append(names.isEmpty() ? "" : " or ").append(each);
        }
        throw refuse(key, "" + value, names.toString());
    }

    /** Inputs of a group; -1 for a whole row. */
    int groupSize(String key) {
        int value = json.intOr(key, -1, Integer.MAX_VALUE, -1);
        if (value == 0) {
            throw refuse(key, "0", "-1, or at least 1");
        }
        return value;
    }

    /** Refuses a boolean that is not {@code wanted}. */
    void require(String key, boolean wanted) {
        if (json.booleanOr(key, wanted) != wanted) {
            throw refuse(key, "" + !wanted, "" + wanted);
        }
    }

    RuntimeException refuse(String key, String given, String allowed) {
        String shown = given.length() > 200 ? given.substring(0, 200) + "…" : given;
        return Problems.refuse(
                QuantizationError.OPTION, json.where() + ": " + key, shown, allowed, REMEDY);
    }
}

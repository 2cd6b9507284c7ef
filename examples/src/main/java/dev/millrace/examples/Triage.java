package dev.millrace.examples;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/** What a ticket is about: a label of the data set, or the model's answer. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Triage(String category, String priority, String sentiment, String language) {
    /** Names of the fields, in the order of the answer. */
    static final List<String> FIELDS = List.of("category", "priority", "sentiment", "language");

    /** The values, in the order of {@link #FIELDS}. */
    List<String> values() {
        return List.of(category, priority, sentiment, language);
    }
}

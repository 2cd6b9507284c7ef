package dev.millrace.connector.sql;

/** What a model is asked to do with a row. */
public enum Task {
    /** Goes on where the prompt ends. */
    GENERATE("generate"),
    /** Answers the prompt as a chat message, written out by the checkpoint's chat template. */
    CHAT("chat"),
    /** Chooses one of the labels. */
    CLASSIFY("classify"),
    /** Fills the OUTPUT columns from a text. */
    EXTRACT("extract"),
    /** Makes a vector. */
    EMBED("embed"),
    /** Rates how well a text answers a query. */
    SCORE("score");

    private final String text;

    Task(String text) {
        this.text = text;
    }

    /** As in options. */
    @Override
    public String toString() {
        return text;
    }
}

package dev.millrace.connector.sql;

/** What becomes of a row that cannot be answered. */
public enum ErrorHandlingStrategy {
    /** It leaves with nulls, and with the reason in its error columns where the model declares them. */
    IGNORE("ignore"),
    /** It fails the job. */
    FAILOVER("failover");

    private final String text;

    ErrorHandlingStrategy(String text) {
        this.text = text;
    }

    /** As in options. */
    @Override
    public String toString() {
        return text;
    }
}

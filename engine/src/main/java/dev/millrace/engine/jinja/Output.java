package dev.millrace.engine.jinja;

/** What a template, a macro or a block has written. */
final class Output {
    private final StringBuilder text = new StringBuilder();
    private final Limits limits;

    Output(Limits limits) {
        this.limits = limits;
    }

    void write(String more) {
        limits.requireChars((long) text.length() + more.length());
        text.append(more);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

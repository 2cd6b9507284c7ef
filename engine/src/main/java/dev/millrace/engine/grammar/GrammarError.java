package dev.millrace.engine.grammar;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** What can be wrong with the form that an answer is to have. */
public enum GrammarError implements ErrorCode {
    /** The schema or pattern cannot be read. */
    SYNTAX("LLM-GR-01"),
    /** A keyword or construct is not enforced, so it is refused. */
    UNSUPPORTED("LLM-GR-02"),
    /** No answer can have this form. */
    UNSATISFIABLE("LLM-GR-03"),
    /** A limit on the size of schemas, patterns or their automata is exceeded. */
    LIMIT("LLM-GR-04"),
    /** A reference leads nowhere. */
    REFERENCE("LLM-GR-05"),
    /** The options of a oneOf overlap, or cannot be shown not to. */
    AMBIGUOUS("LLM-GR-06"),
    /** The vocabulary has no tokens for bytes that the answer may need. */
    VOCABULARY("LLM-GR-07"),
    /** The shortest answer has more tokens than the request allows. */
    MAX_TOKENS("LLM-GR-08"),
    /** A token was drawn that the form does not allow: a fault of the engine. */
    MISMATCH("LLM-GR-09"),
    /** A finished answer does not have its form by another implementation: a fault of the engine. */
    INVALID("LLM-GR-10");

    private final String id;

    GrammarError(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return this == MISMATCH || this == INVALID ? Status.ENGINE_ERROR : Status.INVALID_INPUT;
    }
}

package dev.millrace.connector;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** What can be wrong with one record or its answer; the record goes to the dead-letter topic and the job goes on. */
public enum RecordError implements ErrorCode {
    /** The value is null. */
    TOMBSTONE("LLM-AV-01", Status.INVALID_INPUT),
    /** The value has no bytes. */
    EMPTY_VALUE("LLM-AV-02", Status.INVALID_INPUT),
    /** The value does not begin with the magic byte and schema id of the registry's wire format. */
    NOT_WIRE_FORMAT("LLM-AV-03", Status.INVALID_INPUT),
    /** The registry has no schema with the record's id. */
    UNKNOWN_SCHEMA_ID("LLM-AV-04", Status.INVALID_INPUT),
    /** The value ends inside a field. */
    TRUNCATED("LLM-AV-05", Status.INVALID_INPUT),
    /** A number takes more bytes than its type allows. */
    INVALID_VARINT("LLM-AV-06", Status.INVALID_INPUT),
    /** A union names a branch that it does not have. */
    UNION_OUT_OF_RANGE("LLM-AV-07", Status.INVALID_INPUT),
    /** An enum names a symbol that it does not have. */
    ENUM_OUT_OF_RANGE("LLM-AV-08", Status.INVALID_INPUT),
    /** A length or count is negative or larger than the value. */
    INVALID_LENGTH("LLM-AV-09", Status.INVALID_INPUT),
    /** The value goes on after its last field. */
    TRAILING_BYTES("LLM-AV-10", Status.INVALID_INPUT),
    /** A string is not UTF-8. */
    INVALID_UTF8("LLM-AV-11", Status.INVALID_INPUT),
    /** A boolean is neither 0 nor 1. */
    INVALID_BOOLEAN("LLM-AV-12", Status.INVALID_INPUT),
    /** Values nest deeper than {@link AvroScanner#MAX_DEPTH}. */
    NESTED_TOO_DEEP("LLM-AV-13", Status.INVALID_INPUT),
    /** The writer's schema cannot be resolved to the reader's. */
    SCHEMA_MISMATCH("LLM-AV-14", Status.INVALID_INPUT),
    /** The schema behind the record's id cannot be parsed. */
    INVALID_WRITER_SCHEMA("LLM-AV-15", Status.INVALID_INPUT),
    /** A field that the prompt needs is null or missing. */
    MISSING_FIELD("LLM-PR-01", Status.INVALID_INPUT),
    /** A sampling column holds a number that its parameter cannot take. */
    INVALID_SAMPLING_VALUE("LLM-PR-02", Status.INVALID_INPUT),
    /** The record's chat has no messages or too many, or one without a known role or without content. */
    INVALID_MESSAGES("LLM-PR-03", Status.INVALID_INPUT),
    /** The answer is not one JSON object. */
    ANSWER_NOT_JSON("LLM-OU-01", Status.ENGINE_ERROR),
    /** A key is missing in the answer's JSON, or its value has another type. */
    ANSWER_KEY_MISMATCH("LLM-OU-02", Status.ENGINE_ERROR);

    private final String id;
    private final Status status;

    RecordError(String id, Status status) {
        this.id = id;
        this.status = status;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return status;
    }
}

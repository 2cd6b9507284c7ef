package dev.millrace.connector;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** What can be wrong with a job before its first record. */
public enum JobError implements ErrorCode {
    /** The job file is missing or cannot be read. */
    UNREADABLE_FILE("LLM-JB-01"),
    /** The job file is not YAML, or an override is not {@code key=value}. */
    INVALID_YAML("LLM-JB-02"),
    /** No option has this key. */
    UNKNOWN_KEY("LLM-JB-03"),
    /** Keys without a default are missing. */
    MISSING_KEYS("LLM-JB-04"),
    /** An option has a value that is not allowed. */
    INVALID_VALUE("LLM-JB-05"),
    /** The file names an environment variable that is not set. */
    UNSET_VARIABLE("LLM-JB-06"),
    /** Two options contradict each other. */
    CONFLICTING_KEYS("LLM-JB-07"),
    /** The Avro schema is missing or invalid. */
    INVALID_SCHEMA("LLM-JB-08"),
    /** A template or column names a field that the schema does not have or whose type does not fit. */
    UNKNOWN_FIELD("LLM-JB-09"),
    /** An output field has the name of an input field. */
    FIELD_EXISTS("LLM-JB-10"),
    /** A template cannot be parsed. */
    INVALID_TEMPLATE("LLM-JB-11"),
    /** No Kafka broker answers. */
    UNREACHABLE_BROKER("LLM-JB-12"),
    /** A topic does not exist. */
    MISSING_TOPIC("LLM-JB-13"),
    /** The transaction timeout fits neither the broker nor the checkpoints. */
    TRANSACTION_TIMEOUT("LLM-JB-14"),
    /** The checkpoint directory cannot be written. */
    UNWRITABLE_DIRECTORY("LLM-JB-15"),
    /** The schema registry does not answer or refuses. */
    REGISTRY("LLM-JB-16"),
    /** Another running job has the same transactional-id-prefix. */
    PREFIX_IN_USE("LLM-JB-17");

    private final String id;

    JobError(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return Status.INVALID_INPUT;
    }
}

package dev.millrace.engine.hub;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** Problems of fetching a model by its name. */
public enum HubError implements ErrorCode {
    /** Neither a path that exists nor a model's name. */
    INVALID_NAME("LLM-HB-01"),
    /** The hub has no such model, revision or file. */
    NOT_FOUND("LLM-HB-02"),
    /** The hub wants a token, or does not take this one (401). */
    UNAUTHORIZED("LLM-HB-03"),
    /** The token's owner may not read the model (403). */
    FORBIDDEN("LLM-HB-04"),
    /** The hub answers too many requests (429). */
    RATE_LIMITED("LLM-HB-05"),
    /** The hub does not answer, or the connection was cut too often. */
    UNREACHABLE("LLM-HB-06"),
    /** The hub answered something that its protocol does not have. */
    UNEXPECTED_ANSWER("LLM-HB-07"),
    /** The bytes received are not those that the hub announced. */
    WRONG_HASH("LLM-HB-08"),
    /** The hub gives no hash by which a file can be checked. */
    NO_HASH("LLM-HB-09"),
    /** The disk of the cache is full. */
    DISK_FULL("LLM-HB-10"),
    /** The cache cannot be read or written. */
    CACHE_FAILED("LLM-HB-11"),
    /** A pickled file; reading it can run code. */
    PICKLE("LLM-HB-12"),
    /** The model has no weights in a format that can be read. */
    NO_WEIGHTS("LLM-HB-13"),
    /** Several GGUF files, and none was chosen. */
    AMBIGUOUS("LLM-HB-14"),
    /** The chosen file or quantization is not among the model's files. */
    NO_SUCH_FILE("LLM-HB-15"),
    /** Offline, and the cache does not hold the model. */
    OFFLINE("LLM-HB-16"),
    /** A setting of the hub has a value that is not allowed. */
    INVALID_SETTING("LLM-HB-17"),
    /** The model's path leads outside of the folders that are allowed on this machine. */
    OUTSIDE_ROOTS("LLM-HB-18");

    private final String id;

    HubError(String id) {
        this.id = id;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return Status.ENGINE_ERROR;
    }
}

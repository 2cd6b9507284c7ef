package dev.millrace.engine.tokenizer;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** Problems of tokenizers and chat templates. */
public enum TokenizerError implements ErrorCode {
    /** The checkpoint has no tokenizer that can be read. */
    NOT_FOUND("LLM-TK-01", Status.ENGINE_ERROR),
    /** tokenizer.json is no JSON object, is nested too deeply, or exceeds the size limit. */
    NOT_JSON("LLM-TK-02", Status.ENGINE_ERROR),
    /** A part of the tokenizer has a type that is not supported. */
    UNSUPPORTED("LLM-TK-03", Status.ENGINE_ERROR),
    /** A merge names a token that is not in the vocabulary, or is not a pair. */
    MERGES("LLM-TK-04", Status.ENGINE_ERROR),
    /** A token id is negative, occurs twice, or lies outside the model's vocabulary. */
    TOKEN_ID("LLM-TK-05", Status.ENGINE_ERROR),
    /** An added token is empty or contradicts the vocabulary. */
    ADDED_TOKEN("LLM-TK-06", Status.ENGINE_ERROR),
    /** A split pattern could take exponential time. */
    UNSAFE_PATTERN("LLM-TK-07", Status.ENGINE_ERROR),
    /** A byte-level vocabulary lacks bytes of plain ASCII text. */
    BYTE_ALPHABET("LLM-TK-08", Status.ENGINE_ERROR),
    /** The tokenizer library refuses the file. */
    INVALID("LLM-TK-09", Status.ENGINE_ERROR),
    /** The checkpoint has no chat template, or only named ones without a default. */
    NO_CHAT_TEMPLATE("LLM-TK-10", Status.INVALID_INPUT),
    /** The chat template has a mistake in its syntax or uses what is not allowed. */
    TEMPLATE_INVALID("LLM-TK-11", Status.ENGINE_ERROR),
    /** The chat template itself refused the messages. */
    TEMPLATE_REFUSED("LLM-TK-12", Status.INVALID_INPUT),
    /** The chat template failed on these messages. */
    TEMPLATE_FAILED("LLM-TK-13", Status.INVALID_INPUT),
    /** The chat template did not finish in time. */
    TEMPLATE_DEADLINE("LLM-TK-14", Status.INVALID_INPUT),
    /** The chat template wrote more than allowed. */
    TEMPLATE_OUTPUT("LLM-TK-15", Status.INVALID_INPUT),
    /** The text could not be tokenized. */
    ENCODE_FAILED("LLM-TK-16", Status.INVALID_INPUT);

    private final String id;
    private final Status status;

    TokenizerError(String id, Status status) {
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

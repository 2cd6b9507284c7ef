package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** Problems of GGUF files. */
public enum GgufError implements ErrorCode {
    /** The file does not begin with GGUF, or is big-endian. */
    MAGIC("LLM-GG-01"),
    /** The version is not 2 or 3. */
    VERSION("LLM-GG-02"),
    /** A count of tensors or metadata entries cannot be true. */
    COUNT("LLM-GG-03"),
    /** The file ends before what it announces. */
    TRUNCATED("LLM-GG-04"),
    /** A metadata key is empty, too long, no text, or occurs twice. */
    KEY("LLM-GG-05"),
    /** A metadata value's type is unknown or not allowed here. */
    VALUE_TYPE("LLM-GG-06"),
    /** A text or array is longer than allowed. */
    VALUE_LENGTH("LLM-GG-07"),
    /** A metadata value lies outside its range. */
    VALUE_RANGE("LLM-GG-08"),
    /** general.alignment is not a power of two from 8 to 65536. */
    ALIGNMENT("LLM-GG-09"),
    /** A tensor's name is empty, too long, no text, or occurs twice. */
    TENSOR_NAME("LLM-GG-10"),
    /** A tensor's shape is not 1 to 4 positive numbers, or overflows. */
    TENSOR_SHAPE("LLM-GG-11"),
    /** A tensor's type is unknown. */
    TENSOR_TYPE("LLM-GG-12"),
    /** A tensor's place is not the next aligned one, or lies beyond the file. */
    TENSOR_OFFSET("LLM-GG-13"),
    /** A weight is stored in a type that cannot be computed with. */
    UNSUPPORTED_TYPE("LLM-GG-14"),
    /** A needed metadata key is missing. */
    MISSING_KEY("LLM-GG-15"),
    /** The architecture is missing or not supported. */
    ARCHITECTURE("LLM-GG-16"),
    /** A setting changes the arithmetic in a way that is not supported. */
    UNSUPPORTED_SETTING("LLM-GG-17"),
    /** The tokenizer's arrays disagree, or an id lies outside the vocabulary. */
    VOCABULARY("LLM-GG-18"),
    /** The file is one part of a split model. */
    SPLIT_FILE("LLM-GG-19"),
    /** The file could not be read or changed while it was read. */
    READ_FAILED("LLM-GG-20");

    private final String id;

    GgufError(String id) {
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

package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.Status;

/** Problems of safetensors files and of their index. */
public enum SafetensorsError implements ErrorCode {
    /** The file is shorter than the 8 bytes that give the header's length. */
    TOO_SMALL("LLM-ST-01"),
    /** The header's length is zero, exceeds the limit, or exceeds the file. */
    HEADER_LENGTH("LLM-ST-02"),
    /** The header does not begin with an opening brace. */
    HEADER_START("LLM-ST-03"),
    /** The header is no UTF-8. */
    HEADER_UTF8("LLM-ST-04"),
    /** The header is no JSON object, or is nested too deeply. */
    HEADER_JSON("LLM-ST-05"),
    /** A name occurs twice. */
    DUPLICATE_KEY("LLM-ST-06"),
    /** Something other than spaces follows the header's JSON. */
    HEADER_PADDING("LLM-ST-07"),
    /** A tensor's entry lacks dtype, shape or data_offsets, or one of them has a wrong type. */
    TENSOR_ENTRY("LLM-ST-08"),
    /** The dtype is not one of the format's. */
    UNKNOWN_DTYPE("LLM-ST-09"),
    /** A shape is not a short list of non-negative integers. */
    SHAPE("LLM-ST-10"),
    /** A shape's product exceeds 64 bits or is no whole number of bytes. */
    SIZE_OVERFLOW("LLM-ST-11"),
    /** data_offsets are not two ascending positions inside the file. */
    OFFSETS("LLM-ST-12"),
    /** Two tensors share bytes, or bytes lie between, before or after the tensors. */
    LAYOUT("LLM-ST-13"),
    /** A tensor's bytes are not what its shape and dtype need. */
    SIZE_MISMATCH("LLM-ST-14"),
    /** __metadata__ holds something other than texts. */
    METADATA("LLM-ST-15"),
    /** The header lists more tensors than allowed. */
    TOO_MANY_TENSORS("LLM-ST-16"),
    /** A tensor's name is empty, too long or has control characters. */
    TENSOR_NAME("LLM-ST-17"),
    /** model.safetensors.index.json is not a readable index. */
    INDEX("LLM-ST-18"),
    /** A shard of the index is missing or lies outside the folder. */
    SHARD("LLM-ST-19"),
    /** The index and its shards disagree about a tensor or about the total size. */
    INDEX_MISMATCH("LLM-ST-20"),
    /** A weight is stored in a type that cannot be computed with. */
    UNSUPPORTED_DTYPE("LLM-ST-21"),
    /** The file could not be read or changed while it was read. */
    READ_FAILED("LLM-ST-22");

    private final String id;

    SafetensorsError(String id) {
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

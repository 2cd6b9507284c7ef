package dev.millrace.kernels.cuda;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Every kernel and the number of its parameters by kind, which follow each other in this order: device addresses, 32-bit
 * integers, floats. The kernel's name is the constant's in lower case. A test compares the list with the compiled code.
 */
enum EntryPoint {
    LINEAR_BF16_64X16(4, 6, 0),
    LINEAR_BF16_64X32(4, 6, 0),
    LINEAR_BF16_64X64(4, 6, 0),
    LINEAR_BF16_128X64(4, 6, 0),
    LINEAR_BF16_128X128(4, 6, 0),
    LINEAR_F16_64X16(4, 6, 0),
    LINEAR_F16_64X32(4, 6, 0),
    LINEAR_F16_64X64(4, 6, 0),
    LINEAR_F16_128X64(4, 6, 0),
    LINEAR_F16_128X128(4, 6, 0),
    GATED_LINEAR_BF16_64X16(4, 6, 0),
    GATED_LINEAR_BF16_64X32(4, 6, 0),
    GATED_LINEAR_BF16_64X64(4, 6, 0),
    GATED_LINEAR_BF16_128X64(4, 6, 0),
    GATED_LINEAR_BF16_128X128(4, 6, 0),
    GATED_LINEAR_F16_64X16(4, 6, 0),
    GATED_LINEAR_F16_64X32(4, 6, 0),
    GATED_LINEAR_F16_64X64(4, 6, 0),
    GATED_LINEAR_F16_128X64(4, 6, 0),
    GATED_LINEAR_F16_128X128(4, 6, 0),
    EMBED_BF16(3, 3, 1),
    EMBED_F16(3, 3, 1),
    RMS_NORM_BF16(3, 3, 1),
    ADD_RMS_NORM_BF16(4, 4, 1),
    HEAD_RMS_NORM_BF16(2, 4, 1),
    RMS_NORM_F16(3, 3, 1),
    ADD_RMS_NORM_F16(4, 4, 1),
    HEAD_RMS_NORM_F16(2, 4, 1),
    ROPE_STORE_KV_BF16(11, 11, 0),
    ROPE_STORE_KV_BF16_E4M3(11, 11, 0),
    ROPE_STORE_KV_F16(11, 11, 0),
    ROPE_STORE_KV_F16_E4M3(11, 11, 0),
    ATTENTION_PLAN(4, 4, 0),
    ATTENTION_DECODE_BF16_D32(13, 8, 2),
    ATTENTION_DECODE_BF16_D64(13, 8, 2),
    ATTENTION_DECODE_BF16_D96(13, 8, 2),
    ATTENTION_DECODE_BF16_D128(13, 8, 2),
    ATTENTION_DECODE_BF16_D256(13, 8, 2),
    ATTENTION_PREFILL_BF16_D32(13, 8, 2),
    ATTENTION_PREFILL_BF16_D64(13, 8, 2),
    ATTENTION_PREFILL_BF16_D96(13, 8, 2),
    ATTENTION_PREFILL_BF16_D128(13, 8, 2),
    ATTENTION_PREFILL_BF16_D256(13, 8, 2),
    ATTENTION_DECODE_BF16_E4M3_D32(13, 8, 2),
    ATTENTION_DECODE_BF16_E4M3_D64(13, 8, 2),
    ATTENTION_DECODE_BF16_E4M3_D96(13, 8, 2),
    ATTENTION_DECODE_BF16_E4M3_D128(13, 8, 2),
    ATTENTION_DECODE_BF16_E4M3_D256(13, 8, 2),
    ATTENTION_PREFILL_BF16_E4M3_D32(13, 8, 2),
    ATTENTION_PREFILL_BF16_E4M3_D64(13, 8, 2),
    ATTENTION_PREFILL_BF16_E4M3_D96(13, 8, 2),
    ATTENTION_PREFILL_BF16_E4M3_D128(13, 8, 2),
    ATTENTION_PREFILL_BF16_E4M3_D256(13, 8, 2),
    ATTENTION_DECODE_F16_D32(13, 8, 2),
    ATTENTION_DECODE_F16_D64(13, 8, 2),
    ATTENTION_DECODE_F16_D96(13, 8, 2),
    ATTENTION_DECODE_F16_D128(13, 8, 2),
    ATTENTION_DECODE_F16_D256(13, 8, 2),
    ATTENTION_PREFILL_F16_D32(13, 8, 2),
    ATTENTION_PREFILL_F16_D64(13, 8, 2),
    ATTENTION_PREFILL_F16_D96(13, 8, 2),
    ATTENTION_PREFILL_F16_D128(13, 8, 2),
    ATTENTION_PREFILL_F16_D256(13, 8, 2),
    ATTENTION_DECODE_F16_E4M3_D32(13, 8, 2),
    ATTENTION_DECODE_F16_E4M3_D64(13, 8, 2),
    ATTENTION_DECODE_F16_E4M3_D96(13, 8, 2),
    ATTENTION_DECODE_F16_E4M3_D128(13, 8, 2),
    ATTENTION_DECODE_F16_E4M3_D256(13, 8, 2),
    ATTENTION_PREFILL_F16_E4M3_D32(13, 8, 2),
    ATTENTION_PREFILL_F16_E4M3_D64(13, 8, 2),
    ATTENTION_PREFILL_F16_E4M3_D96(13, 8, 2),
    ATTENTION_PREFILL_F16_E4M3_D128(13, 8, 2),
    ATTENTION_PREFILL_F16_E4M3_D256(13, 8, 2),
    GATHER_ROWS(3, 4, 0),
    COPY_BLOCKS(2, 2, 0),
    TOKEN_LOGPROBS(3, 2, 0),
    SAMPLE(25, 4, 0),
    SCATTER_INPUTS(1, 0, 0),
    SOFT_CAP(1, 2, 1);

    private final String symbol = name().toLowerCase(Locale.ROOT);
    private final List<Parameter> parameters;

    EntryPoint(int addresses, int int32s, int float32s) {
        List<Parameter> all = new ArrayList<>();
        all.addAll(Collections.nCopies(addresses, Parameter.ADDRESS));
        all.addAll(Collections.nCopies(int32s, Parameter.INT32));
        all.addAll(Collections.nCopies(float32s, Parameter.FLOAT32));
        parameters = List.copyOf(all);
    }

    /** Name in the fatbin. */
    String symbol() {
        return symbol;
    }

    List<Parameter> parameters() {
        return parameters;
    }
}

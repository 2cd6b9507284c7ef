package dev.millrace.kernels.synthetic;

import dev.millrace.kernels.DType;

/** How a synthetic weight is stored and multiplied. */
public enum WeightKind {
    /** 16 bits, in the type of activations. */
    DENSE("bf16"),
    /** E4M3 with a scale for each row, activations quantised to E4M3 token by token. */
    FP8("fp8"),
    /** E4M3 with a scale for each 128 × 128 block. */
    FP8_BLOCKS("fp8-blocks"),
    /** Signed bytes with a scale for each row, activations quantised to signed bytes token by token. */
    INT8("int8"),
    /** 4 bits in groups of 128 with zero points, activations in 16 bits. */
    W4A16("w4a16"),
    /** 8 bits in groups of 128 with zero points, activations in 16 bits. */
    W8A16("w8a16");

    private final String label;

    WeightKind(String label) {
        this.label = label;
    }

    /** As reports name it. */
    public String label() {
        return label;
    }

    /** Its name where activations are of type {@code precision}. */
    String label(DType precision) {
        return this == DENSE && precision == DType.F16 ? "f16" : label;
    }
}

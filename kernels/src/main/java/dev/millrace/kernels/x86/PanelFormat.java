package dev.millrace.kernels.x86;

import dev.millrace.kernels.WeightFormat;

/** How a weight lies in panels; order and layouts are those of the library's {@code kernels.h}. */
public enum PanelFormat {
    F32,
    F16,
    BF16,
    Q8_0,
    Q4_0,
    Q4_1,
    CODES,
    E4M3_CODES,
    BF16_PAIRS,
    INT8,
    INT8_ROTATED,
    E4M3;

    /** As the checkpoint has it, for products in float32. */
    public static PanelFormat stored(WeightFormat format) {
        return valueOf(format.name());
    }

    /** Whether each output has a scale beside the panels. */
    boolean hasScales() {
        return isInt8() || this == E4M3;
    }

    /** Whether rows are rounded to bytes. */
    public boolean isInt8() {
        return this == INT8 || this == INT8_ROTATED;
    }
}

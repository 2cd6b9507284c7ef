package dev.millrace.kernels.x86;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Instruction families that the native kernels are written for, from the least to the best; the order is the library's. */
public enum Family {
    /** AVX2, FMA and F16C: float32 and int8. */
    AVX2(false),
    /** The same, with VNNI for int8. */
    AVX2_VNNI(false),
    /** AVX-512 with VNNI and BF16: float32, bfloat16 and int8. */
    AVX512(true),
    /** The matrix unit for bfloat16 and int8, AVX-512 for the rest. */
    AMX(true);

    private final boolean bfloat16;

    Family(boolean bfloat16) {
        this.bfloat16 = bfloat16;
    }

    /** Whether it multiplies bfloat16. */
    public boolean hasBfloat16() {
        return bfloat16;
    }

    /** Name in options and logs. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Those that this process can use; empty where the library cannot be loaded. */
    public static List<Family> available() {
        List<Family> available = new ArrayList<>();
        if (Library.problem() == null) {
            int bits = Library.families();
            for (Family family : values()) {
                if ((bits >> family.ordinal() & 1) != 0) {
                    available.add(family);
                }
            }
        }
        return available;
    }
}

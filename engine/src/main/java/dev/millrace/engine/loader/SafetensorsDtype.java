package dev.millrace.engine.loader;

import dev.millrace.kernels.WeightFormat;
import java.util.Locale;
import java.util.Optional;

/** Element types of the safetensors format. Source: {@code safetensors/src/tensor.rs}. */
enum SafetensorsDtype {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    F8_E4M3FNUZ(8),
    F8_E5M2FNUZ(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private final int bits;

    SafetensorsDtype(int bits) {
        this.bits = bits;
    }

    /** Size of one element in bits. */
    int bits() {
        return bits;
    }

    /** The kernels' word for it, when they can compute with it. */
    Optional<WeightFormat> format() {
        return switch (this) {
            case F32 -> Optional.of(WeightFormat.F32);
            case F16 -> Optional.of(WeightFormat.F16);
            case BF16 -> Optional.of(WeightFormat.BF16);
            case BOOL,
                    F4,
                    F6_E2M3,
                    F6_E3M2,
                    U8,
                    I8,
                    F8_E5M2,
                    F8_E4M3,
                    F8_E8M0,
                    F8_E4M3FNUZ,
                    F8_E5M2FNUZ,
                    I16,
                    U16,
                    I32,
                    U32,
                    C64,
                    F64,
                    I64,
                    U64 ->
                    Optional.empty();
        };
    }

    /** The type with exactly this name. */
    static Optional<SafetensorsDtype> named(String name) {
        for (SafetensorsDtype dtype : values()) {
            if (dtype.name().equals(name)) {
                return Optional.of(dtype);
            }
        }
        return Optional.empty();
    }

    static String names() {
        StringBuilder names = new StringBuilder();
        for (SafetensorsDtype dtype : values()) {
            names.append(names.isEmpty() ? "" : ", ").append(dtype.name().toUpperCase(Locale.ROOT));
        }
        return names.toString();
    }
}

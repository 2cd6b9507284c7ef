package dev.millrace.kernels.x86;

import dev.millrace.kernels.KernelsConfig.WeightRounding;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import dev.millrace.kernels.cpu.CodedRows;
import dev.millrace.kernels.cpu.DecodedRows;

/**
 * How a matrix of a checkpoint lies in panels.
 *
 * @param bfloat16 whether products are in bfloat16, or in float32
 * @param rounding what weights are rounded to
 * @param multipliesBytes whether weights made for it are multiplied by activations of bytes
 */
public record PanelChoice(boolean bfloat16, WeightRounding rounding, boolean multipliesBytes) {

    /** Rows, and the panels that they go into. */
    record Form(StoredRows rows, PanelFormat format) {}

    Form of(WeightSource source) {
        return switch (rounding) {
            case INT8 -> new Form(numbers(source), PanelFormat.INT8_ROTATED);
            case FP8 -> new Form(numbers(source), PanelFormat.E4M3);
            case CHECKPOINT -> unrounded(source);
        };
    }

    /** A row of E4M3 numbers is too coarse for what every layer reads, rotated bytes are not. */
    Form ofTable(WeightSource source) {
        return rounding == WeightRounding.FP8 ? unrounded(source) : of(source);
    }

    private Form unrounded(WeightSource source) {
        if (bfloat16) {
            return new Form(numbers(source), PanelFormat.BF16_PAIRS);
        }
        return isPacked(source.format())
                ? new Form(numbers(source), PanelFormat.stored(source.format()))
                : new Form(StoredRows.codes(CodedRows.of(source)), PanelFormat.CODES);
    }

    Form of(QuantizedSource source) {
        Quantization quantization = source.quantization();
        boolean asStored = rounding == WeightRounding.CHECKPOINT;
        if (asStored && multipliesBytes && quantization instanceof Quantization.Int8 int8) {
            return new Form(StoredRows.signedBytes(source, int8), PanelFormat.INT8);
        }
        if (!asStored || bfloat16 || !areCodes(quantization, source.k())) {
            return of(DecodedRows.of(source));
        }
        boolean e4m3 = quantization instanceof Quantization.E4m3;
        return new Form(
                StoredRows.codes(CodedRows.of(source)),
                e4m3 ? PanelFormat.E4M3_CODES : PanelFormat.CODES);
    }

    private static boolean areCodes(Quantization quantization, int k) {
        boolean inOrder =
                quantization instanceof Quantization.Int8
                        || quantization instanceof Quantization.E4m3
                        || (quantization instanceof Quantization.Groups groups
                                && groups.permutation() == null);
        return inOrder && k % StoredRows.BLOCK == 0;
    }

    private static StoredRows numbers(WeightSource source) {
        return StoredRows.plain(isPacked(source.format()) ? source : DecodedRows.of(source));
    }

    /** Whether the library reads rows of this format. */
    private static boolean isPacked(WeightFormat format) {
        return switch (format) {
            case F32, F16, BF16, Q8_0, Q4_0, Q4_1 -> true;
            case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> false;
        };
    }
}

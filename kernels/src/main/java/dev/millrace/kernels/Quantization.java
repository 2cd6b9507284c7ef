package dev.millrace.kernels;

/** How the bytes of a {@link QuantizedSource} become numbers. */
public sealed interface Quantization {

    /**
     * Weights alone are quantised, in groups along k: {@code scale · q + offset}, or {@code scale · (q - zero)}, in float32,
     * rounded once to the type of activations. GPTQ, AWQ, W8A16.
     *
     * @param bits 4 or 8; bytes are 0 to 15 or 0 to 255
     * @param groupSize inputs that share a scale: 32, or a multiple of 64
     * @param scaleType F16 or BF16
     * @param zeroPoints whether {@code seconds} are zero points; offsets otherwise
     * @param scales bits of the scales [n, groups]
     * @param seconds bits of the zero points or offsets, in {@code scaleType} [n, groups]
     * @param permutation input that stands at each place of k, for GPTQ with act-order; null for none
     */
    record Groups(
            int bits,
            int groupSize,
            DType scaleType,
            boolean zeroPoints,
            short[] scales,
            short[] seconds,
            int[] permutation)
            implements Quantization {

        public Groups {
            if (bits != 4 && bits != 8
                    || groupSize != 32 && (groupSize < 64 || groupSize % 64 != 0)
                    || scaleType != DType.F16 && scaleType != DType.BF16) {
                throw new KernelException(
                        "groups of "
                                + groupSize
                                + " weights of "
                                + bits
                                + " bits with scales of "
                                + scaleType
                                + "; wanted 4 or 8 bits, groups of 32 or a multiple of 64, F16 or BF16");
            }
        }
    }

    /**
     * Signed bytes, multiplied by activations quantised to signed bytes token by token; SmoothQuant and other W8A8.
     *
     * @param rowScales a scale for each row [n]
     */
    record Int8(float[] rowScales) implements Quantization {}

    /**
     * Bytes of E4M3, multiplied by activations quantised to E4M3.
     *
     * @param grid what shares a scale
     * @param scales one; one for each row [n]; one for each block [n / 128, k / 128], rounded up; or one for each 128
     *     inputs of each row [n, k / 128], rounded up
     * @param inputScale the scale of all activations, or 0 to find one for each token (with blocks: for each 128 inputs of one)
     */
    record E4m3(ScaleGrid grid, float[] scales, float inputScale) implements Quantization {}

    /** What shares a scale in a matrix. */
    enum ScaleGrid {
        TENSOR,
        ROW,
        BLOCK_128,
        /** 128 inputs of a row: stacked matrices whose blocks do not line up. A GPU takes it as 16-bit weights. */
        ROW_128
    }
}

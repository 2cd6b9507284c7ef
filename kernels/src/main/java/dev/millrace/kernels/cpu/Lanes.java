package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;

/**
 * The inner loops of the CPU backend: everything whose speed depends on the instruction set, and nothing else.
 *
 * <p>All arguments are arrays with offsets. Elementwise loops give an element the same bits wherever it lies in the
 * array; sums have an order that depends on their length only; every product {@code c[r, j]} is one chain of
 * {@code c = a · b + c} over ascending depth, however rows and columns are cut into tiles.
 *
 * <p>Thread-safety: implementations hold no state.
 */
public interface Lanes {
    /** Floats that a {@code temp} argument must have room for. */
    int TEMP_FLOATS = 256;

    /** Instruction set, for logs. */
    String name();

    /** NR: columns of a weight panel. */
    int panelColumns();

    /** {@code c[r, j] += Σᵢ a[r, i] · b[i, j]} for {@code r < rows}, {@code j < columns}, {@code i < depth}. */
    void multiply(
            int rows,
            int columns,
            float[] a,
            int aOffset,
            int aStride,
            float[] b,
            int bOffset,
            int bStride,
            int depth,
            float[] c,
            int cOffset,
            int cStride);

    /**
     * As {@link #multiply} over {@code panels} panels of NR columns: panel {@code p} of b at {@code p · bPanelStride}, of c
     * at {@code p · cPanelStride}; rows inside a panel are NR apart.
     */
    void multiplyPanels(
            int rows,
            int panels,
            float[] a,
            int aOffset,
            int aStride,
            float[] b,
            int bOffset,
            int bPanelStride,
            int depth,
            float[] c,
            int cOffset,
            int cPanelStride);

    /** Expands {@code rows} rows of NR bfloat16 that lie as {@link PanelLayout} says. */
    void unpackBf16(int[] packed, int offset, int rows, float[] out, int outOffset);

    /** As {@link #unpackBf16} for float16. */
    void unpackF16(int[] packed, int offset, int rows, float[] out, int outOffset);

    /** Expands blocks of 32 rows of NR int8: {@code q · d}, where d is row {@code b} of {@code scales} for block {@code b}. */
    void unpackQ8(int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset);

    /** As {@link #unpackQ8} for nibbles, {@code (q - 8) · d}. */
    void unpackQ4(int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset);

    /** As {@link #unpackQ4} for {@code q · d + m}: d is row {@code 2b} of {@code scales}, m row {@code 2b + 1}. */
    void unpackQ4WithMin(
            int[] packed, int offset, int blocks, float[] scales, float[] out, int outOffset);

    /**
     * Expands {@code inputs} rows of NR nibbles, as {@link CodedPanel} lays them out, to {@code q · s + o}, rounded once: s is the
     * row of NR at {@code scalesOffset} of {@code scales}, o the next one. Writes whole words: up to 3 rows more.
     */
    void unpackInt4(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset);

    /** As {@link #unpackInt4} for bytes 0 to 255; up to 1 row more. */
    void unpackInt8(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset);

    /** As {@link #unpackInt8} for bytes of E4M3, to {@code q · s}. */
    void unpackE4m3(
            int[] packed,
            int offset,
            int inputs,
            float[] scales,
            int scalesOffset,
            float[] out,
            int outOffset);

    /** Copies {@code rows} rows of {@code columns} elements: short ones, for which a call each would cost too much. */
    void copy(
            int rows,
            int columns,
            float[] from,
            int fromOffset,
            int fromStride,
            float[] to,
            int toOffset,
            int toStride);

    /** {@code Σ x²}. */
    float sumOfSquares(float[] x, int offset, int length, float[] temp);

    /** {@code Σ x}. */
    float sum(float[] x, int offset, int length, float[] temp);

    /** {@code out = x · factor · weight}. */
    void scaleByWeight(
            float[] out,
            int outOffset,
            float[] x,
            int offset,
            float factor,
            float[] weight,
            int weightOffset,
            int length);

    /** {@code x += y}. */
    void add(float[] x, int offset, float[] y, int yOffset, int length);

    /** {@code x *= factor}. */
    void scale(float[] x, int offset, int length, float factor);

    /** {@code out = activation(gate) · up}; out is neither of them. A clamped gate clamps both in place. */
    void gate(
            Activation activation,
            float[] out,
            int outOffset,
            float[] gate,
            int gateOffset,
            float[] up,
            int upOffset,
            int length);

    /** {@code x = cap · tanh(x / cap)}. */
    void softCap(float[] x, int offset, int length, float cap, float[] temp);

    /** Largest element; NaN if any element is NaN; −∞ for none. */
    float maxOrNan(float[] x, int offset, int length);

    /** {@code x *= scale}; returns the larger of {@code max} and the largest element. */
    float scaleAndMax(float[] x, int offset, int length, float scale, float max);

    /** {@code out = exp((x - shift) · factor)}; out may be x. */
    void exp(
            float[] out,
            int outOffset,
            float[] x,
            int offset,
            int length,
            float shift,
            float factor);
}

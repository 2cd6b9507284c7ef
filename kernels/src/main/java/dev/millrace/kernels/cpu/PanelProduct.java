package dev.millrace.kernels.cpu;

import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.GgufWeight;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import java.util.Arrays;

/**
 * Multiplies token rows by a few panels of a weight: expands a slice of inputs to f32 in the L1 cache, adds its products
 * to the tile of results, and goes on with the next slice.
 *
 * <p>Results pass through memory between slices unchanged, so slicing does not touch the chain of additions.
 */
final class PanelProduct {
    private PanelProduct() {}

    /** Panels that are computed together for {@code rows} rows: with few rows, more chains must run side by side. */
    static int panelsAtOnce(int rows) {
        return switch (rows) {
            case 1 -> 4;
            case 2 -> 2;
            default -> 1;
        };
    }

    /** {@code c[p][r, j]}: rows of panel {@code p} at {@code cOffset + p · rows · NR}, NR apart. */
    static void compute(
            Lanes lanes,
            Scratch scratch,
            Weight weight,
            int firstPanel,
            int panels,
            float[] in,
            int inOffset,
            int inStride,
            int rows,
            float[] c,
            int cOffset) {
        int nr = lanes.panelColumns();
        int k = weight.k();
        int step = sliceInputs(panels);
        Arrays.fill(c, cOffset, cOffset + panels * rows * nr, 0f);
        if (Host.isF32(weight)) {
            float[] data = Host.floats(((DenseWeight) weight).data());
            int panelLength = k * nr;
            for (int i = 0; i < k; i += step) {
                int depth = Math.min(step, k - i);
                int at = firstPanel * panelLength + i * nr;
                lanes.multiplyPanels(
                        rows,
                        panels,
                        in,
                        inOffset + i,
                        inStride,
                        data,
                        at,
                        panelLength,
                        depth,
                        c,
                        cOffset,
                        rows * nr);
            }
            return;
        }
        for (int i = 0; i < k; i += step) {
            int depth = Math.min(step, k - i);
            for (int p = 0; p < panels; p++) {
                unpack(lanes, scratch, weight, firstPanel + p, i, depth, p * step * nr);
            }
            lanes.multiplyPanels(
                    rows,
                    panels,
                    in,
                    inOffset + i,
                    inStride,
                    scratch.slice,
                    0,
                    step * nr,
                    depth,
                    c,
                    cOffset,
                    rows * nr);
        }
    }

    private static int sliceInputs(int panels) {
        return switch (panels) {
            case 1 -> Scratch.SLICE_INPUTS;
            case 2 -> Scratch.SLICE_INPUTS / 2;
            default -> Scratch.SLICE_INPUTS / Scratch.MAX_PANELS;
        };
    }

    private static void unpack(
            Lanes lanes, Scratch scratch, Weight weight, int panel, int input, int depth, int to) {
        if (Host.isCoded(weight)) {
            CodedPanel.unpack(lanes, weight, panel, input, depth, scratch.slice, to);
            return;
        }
        WeightFormat format = Host.format(weight);
        int nr = lanes.panelColumns();
        int at =
                panel * PanelLayout.length(format, weight.k(), nr)
                        + PanelLayout.length(format, input, nr);
        float[] out = scratch.slice;
        switch (format) {
            case F32 -> throw new IllegalArgumentException("F32 is not packed");
            case BF16 -> lanes.unpackBf16(ints(weight), at, depth, out, to);
            case F16 -> lanes.unpackF16(ints(weight), at, depth, out, to);
            case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw PanelLayout.coded(format);
            case Q8_0, Q4_0, Q4_1 -> {
                GgufWeight blocks = (GgufWeight) weight;
                unpackScales(lanes, scratch.scales, blocks, panel, input, depth);
                unpackBlocks(lanes, scratch.scales, blocks, at, depth / 32, out, to);
            }
        }
    }

    private static int[] ints(Weight weight) {
        return Host.ints(((DenseWeight) weight).data());
    }

    private static void unpackScales(
            Lanes lanes, float[] scales, GgufWeight weight, int panel, int input, int depth) {
        WeightFormat format = Host.format(weight);
        int nr = lanes.panelColumns();
        int at =
                panel * PanelLayout.scalesLength(format, weight.k(), nr)
                        + PanelLayout.scalesLength(format, input, nr);
        int rows = depth / 32 * PanelLayout.scaleRows(format);
        lanes.unpackF16(Host.ints(weight.scales()), at, rows, scales, 0);
    }

    private static void unpackBlocks(
            Lanes lanes,
            float[] scales,
            GgufWeight weight,
            int at,
            int blocks,
            float[] out,
            int to) {
        int[] quants = Host.ints(weight.quants());
        switch (Host.format(weight)) {
            case F32, F16, BF16, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                    throw new IllegalArgumentException("no blocks in " + Host.format(weight));
            case Q8_0 -> lanes.unpackQ8(quants, at, blocks, scales, out, to);
            case Q4_0 -> lanes.unpackQ4(quants, at, blocks, scales, out, to);
            case Q4_1 -> lanes.unpackQ4WithMin(quants, at, blocks, scales, out, to);
        }
    }
}

package dev.millrace.kernels.cpu;

import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.GgufWeight;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;

/**
 * Gathers rows of a packed weight, so that a tied embedding and output head are one matrix in memory.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Embedding implements WorkerPool.Work {
    private final CpuContext context;
    private Tensor out;
    private PackedBatch batch;
    private Weight table;
    private float scale;
    private int rowsPerPart;

    public Embedding(CpuContext context) {
        this.context = context;
    }

    /** Runs over all tokens of the batch. */
    public void run(Tensor newOut, PackedBatch newBatch, Weight newTable, float newScale) {
        if (newTable instanceof GroupWeight groups && groups.permutation() != null) {
            throw new KernelException("embed: the table's inputs are in another order");
        }
        out = newOut;
        batch = newBatch;
        table = newTable;
        scale = newScale;
        // A row is read across its whole panel.
        rowsPerPart = context.rowsPerPart(batch.numTokens(), table.k() * 8);
        context.pool.run(CpuContext.parts(batch.numTokens(), rowsPerPart), this);
    }

    @Override
    public void run(int part, int worker) {
        int end = Math.min(batch.numTokens(), (part + 1) * rowsPerPart);
        for (int t = part * rowsPerPart; t < end; t++) {
            int id = Host.intAt(batch.tokenIds(), t);
            if (id < 0 || id >= table.n()) {
                throw new KernelException(
                        "embed: token id " + id + " in row " + t + "; the table has " + table.n());
            }
            read(id, Host.floats(out), Host.at(out, t));
            if (scale != 1f) {
                context.lanes.scale(Host.floats(out), Host.at(out, t), table.k(), scale);
            }
        }
    }

    private void read(int id, float[] to, int at) {
        int nr = context.lanes.panelColumns();
        if (Host.isCoded(table)) {
            CodedPanel.readRow(table, id, nr, to, at);
            return;
        }
        int panel = id / nr;
        int base = panel * PanelLayout.length(Host.format(table), table.k(), nr);
        switch (Host.format(table)) {
            case F32 -> readF32(base + id % nr, nr, to, at);
            case F16, BF16 -> read16(base, id % nr, nr, to, at);
            case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw PanelLayout.coded(Host.format(table));
            case Q8_0, Q4_0, Q4_1 -> {
                int scales = panel * PanelLayout.scalesLength(Host.format(table), table.k(), nr);
                readBlocks((GgufWeight) table, base, scales, id % nr, nr, to, at);
            }
        }
    }

    private void readF32(int from, int nr, float[] to, int at) {
        float[] data = Host.floats(((DenseWeight) table).data());
        for (int i = 0; i < table.k(); i++) {
            to[at + i] = data[from + i * nr];
        }
    }

    private void read16(int base, int j, int nr, float[] to, int at) {
        int[] data = Host.ints(((DenseWeight) table).data());
        boolean bfloat = Host.format(table) == WeightFormat.BF16;
        int shift = PanelLayout.shift(Host.format(table), 0, j, nr);
        for (int i = 0; i < table.k(); i++) {
            int bits = data[base + PanelLayout.word(Host.format(table), i, j, nr)] >>> shift;
            to[at + i] = bfloat ? FloatMath.fromBf16(bits) : FloatMath.fromF16(bits);
        }
    }

    private static void readBlocks(
            GgufWeight weight, int base, int scales, int j, int nr, float[] to, int at) {
        WeightFormat format = Host.format(weight);
        int[] quants = Host.ints(weight.quants());
        int rows = PanelLayout.scaleRows(format);
        for (int i = 0; i < weight.k(); i++) {
            int bits =
                    quants[base + PanelLayout.word(format, i, j, nr)]
                            >>> PanelLayout.shift(format, i, j, nr);
            int row = i / format.blockElements() * rows;
            float d = scale(weight, scales, row, j, nr);
            to[at + i] =
                    switch (format) {
                        case F32, F16, BF16, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                                throw new IllegalArgumentException("no blocks in " + format);
                        case Q8_0 -> (byte) bits * d;
                        case Q4_0 -> ((bits & 15) - 8) * d;
                        case Q4_1 -> (bits & 15) * d + scale(weight, scales, row + 1, j, nr);
                    };
        }
    }

    private static float scale(GgufWeight weight, int scales, int row, int j, int nr) {
        int word = Host.ints(weight.scales())[scales + PanelLayout.scaleWord(row, j, nr)];
        return FloatMath.fromF16(word >>> PanelLayout.scaleShift(j, nr));
    }
}

package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code out = in · weightᵀ + bias}.
 *
 * <p>Work is cut into units, {block of token rows} × {group of panels}, in that order, so that a block of rows stays in
 * the L2 cache while the weight streams by.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Linear implements WorkerPool.Work {
    private final CpuContext context;
    private final LinearInput input;
    private final UnitPlan plan = new UnitPlan();
    private Tensor out;
    private Tensor in;
    private Tensor bias;
    private Weight weight;
    private int biasRow;
    private int firstRow;
    private int rows;

    public Linear(CpuContext context, LinearInput input) {
        this.context = context;
        this.input = input;
    }

    /** Computes {@code rows} rows. */
    public void run(Tensor newOut, Tensor newIn, Weight newWeight, Tensor newBias, int newRows) {
        run(newOut, newIn, newWeight, newBias, 0, 0, newRows);
    }

    /** Computes {@code newRows} rows from {@code newFirstRow} on, with row {@code newBiasRow} of the biases. */
    void run(
            Tensor newOut,
            Tensor newIn,
            Weight newWeight,
            Tensor newBias,
            int newBiasRow,
            int newFirstRow,
            int newRows) {
        biasRow = newBiasRow;
        firstRow = newFirstRow;
        out = newOut;
        in = input.of(newIn, newWeight, newRows);
        weight = newWeight;
        bias = newBias;
        rows = newRows;
        int panels = PanelLayout.numPanels(weight.n(), context.lanes.panelColumns());
        plan.set(context, rows, panels, weight.k());
        context.pool.run(plan.parts(), this);
    }

    @Override
    public void run(int part, int worker) {
        Scratch scratch = context.scratch[worker];
        int end = plan.endUnit(part);
        for (int unit = plan.firstUnit(part); unit < end; unit++) {
            int row = plan.firstRow(unit);
            int numRows = plan.numRows(unit, rows);
            int panel = plan.firstPanel(unit);
            int panels = plan.numPanels(unit);
            PanelProduct.compute(
                    context.lanes,
                    scratch,
                    weight,
                    panel,
                    panels,
                    Host.floats(in),
                    Host.at(in, firstRow + row),
                    in.rowStride(),
                    numRows,
                    scratch.products,
                    0);
            for (int p = 0; p < panels; p++) {
                store(scratch.products, p, panel + p, row, numRows);
            }
        }
    }

    private void store(float[] products, int group, int panel, int row, int numRows) {
        int nr = context.lanes.panelColumns();
        int columns = Math.min(nr, weight.n() - panel * nr);
        float[] target = Host.floats(out);
        int to = Host.at(out, firstRow + row) + panel * nr;
        int stride = out.rowStride();
        context.lanes.copy(
                numRows, columns, products, group * numRows * nr, nr, target, to, stride);
        if (bias != null) {
            int biasAt = Host.at(bias, biasRow) + panel * nr;
            for (int r = 0; r < numRows; r++) {
                context.lanes.add(target, to + r * stride, Host.floats(bias), biasAt, columns);
            }
        }
    }
}

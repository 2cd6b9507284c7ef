package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * {@code out = activation(in · gateᵀ) · (in · upᵀ)}: gate and up panels of the same columns are multiplied together and
 * meet in scratch memory. Where F is no multiple of NR their columns do not line up, and the product goes through memory.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class GatedLinear implements WorkerPool.Work {
    private final CpuContext context;
    private final Linear linear;
    private final LinearInput input;
    private final BufferPool buffers;
    private final UnitPlan plan = new UnitPlan();
    private Tensor product;
    private Tensor out;
    private Tensor in;
    private Tensor bias;
    private Weight gateUp;
    private Activation activation;
    private int biasRow;
    private int firstRow;
    private int rows;
    private int numGates;
    private boolean unaligned;
    private int rowsPerPart;

    public GatedLinear(CpuContext context, Linear linear, LinearInput input, BufferPool buffers) {
        this.context = context;
        this.linear = linear;
        this.input = input;
        this.buffers = buffers;
    }

    /** Computes {@code rows} rows. */
    public void run(
            Tensor newOut,
            Tensor newIn,
            Weight newGateUp,
            Tensor newBias,
            Activation newActivation,
            int newRows) {
        run(newOut, newIn, newGateUp, newBias, newActivation, 0, 0, newRows);
    }

    /** Computes {@code newRows} rows from {@code newFirstRow} on, with row {@code newBiasRow} of the biases. */
    void run(
            Tensor newOut,
            Tensor newIn,
            Weight newGateUp,
            Tensor newBias,
            Activation newActivation,
            int newBiasRow,
            int newFirstRow,
            int newRows) {
        biasRow = newBiasRow;
        firstRow = newFirstRow;
        out = newOut;
        in = newIn;
        gateUp = newGateUp;
        bias = newBias;
        activation = newActivation;
        rows = newRows;
        numGates = gateUp.n() / 2;
        int nr = context.lanes.panelColumns();
        unaligned = numGates % nr != 0;
        if (unaligned) {
            runUnaligned();
        } else {
            in = input.of(newIn, gateUp, rows);
            plan.set(context, rows, numGates / nr, 2 * gateUp.k());
            context.pool.run(plan.parts(), this);
        }
    }

    private void runUnaligned() {
        int end = firstRow + rows;
        if (product == null || product.rows() < end || product.columns() != gateUp.n()) {
            release();
            int capacity = Math.max(end, product == null ? 0 : product.rows());
            product =
                    new Tensor(
                            DType.F32,
                            capacity,
                            gateUp.n(),
                            gateUp.n(),
                            buffers.allocateHost(
                                    DType.F32, (long) capacity * gateUp.n(), "workspace"),
                            0);
        }
        linear.run(product, in, gateUp, bias, biasRow, firstRow, rows);
        rowsPerPart = context.rowsPerPart(rows, gateUp.n());
        context.pool.run(CpuContext.parts(rows, rowsPerPart), this);
    }

    private void release() {
        if (product != null) {
            buffers.release(product.buffer(), "workspace");
        }
    }

    @Override
    public void run(int part, int worker) {
        if (unaligned) {
            int end = Math.min(rows, (part + 1) * rowsPerPart);
            for (int r = part * rowsPerPart; r < end; r++) {
                int gate = Host.at(product, firstRow + r);
                context.lanes.gate(
                        activation,
                        Host.floats(out),
                        Host.at(out, firstRow + r),
                        Host.floats(product),
                        gate,
                        Host.floats(product),
                        gate + numGates,
                        numGates);
            }
            return;
        }
        Scratch scratch = context.scratch[worker];
        int end = plan.endUnit(part);
        for (int unit = plan.firstUnit(part); unit < end; unit++) {
            runUnit(unit, scratch);
        }
    }

    private void runUnit(int unit, Scratch scratch) {
        int nr = context.lanes.panelColumns();
        int row = plan.firstRow(unit);
        int numRows = plan.numRows(unit, rows);
        int panel = plan.firstPanel(unit);
        int panels = plan.numPanels(unit);
        int half = panels * numRows * nr;
        multiply(scratch, panel, panels, row, numRows, 0);
        multiply(scratch, panel + numGates / nr, panels, row, numRows, half);
        float[] products = scratch.products;
        if (bias != null) {
            addBias(products, 0, panel * nr, panels, numRows);
            addBias(products, half, numGates + panel * nr, panels, numRows);
        }
        context.lanes.gate(activation, products, 2 * half, products, 0, products, half, half);
        for (int p = 0; p < panels; p++) {
            context.lanes.copy(
                    numRows,
                    nr,
                    products,
                    2 * half + p * numRows * nr,
                    nr,
                    Host.floats(out),
                    Host.at(out, firstRow + row) + (panel + p) * nr,
                    out.rowStride());
        }
    }

    private void multiply(Scratch scratch, int panel, int panels, int row, int numRows, int to) {
        PanelProduct.compute(
                context.lanes,
                scratch,
                gateUp,
                panel,
                panels,
                Host.floats(in),
                Host.at(in, firstRow + row),
                in.rowStride(),
                numRows,
                scratch.products,
                to);
    }

    /** {@code column} is the first one of {@code panels} panels of {@code numRows} rows. */
    private void addBias(float[] products, int from, int column, int panels, int numRows) {
        int nr = context.lanes.panelColumns();
        for (int p = 0; p < panels; p++) {
            int biasAt = Host.at(bias, biasRow) + column + p * nr;
            for (int r = 0; r < numRows; r++) {
                int at = from + (p * numRows + r) * nr;
                context.lanes.add(products, at, Host.floats(bias), biasAt, nr);
            }
        }
    }
}

package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.Arrays;

/**
 * The column of the largest element of each row of {@code softCap(in · weightᵀ)}: each worker keeps the best of the panels that it
 * multiplied, so that products never leave its cache.
 *
 * <p>Products and soft cap are those of {@link Linear} and {@link RowOps}, in the same runs of elements, so the bits are too.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class LinearArgmax implements WorkerPool.Work {
    /** Keys of {@link TokenHeap}, where less is better. */
    private static final long NOTHING = Long.MAX_VALUE;

    /** A row with NaN or +∞. */
    private static final long NOT_FINITE = Long.MIN_VALUE;

    private final CpuContext context;
    private final UnitPlan plan = new UnitPlan();
    private final long[][] best;
    private final LinearInput input;
    private Tensor in;
    private Weight weight;
    private float softCap;
    private int rows;

    public LinearArgmax(CpuContext context, LinearInput input) {
        this.context = context;
        this.input = input;
        best = new long[context.scratch.length][0];
    }

    /** Computes {@code newRows} rows; {@code newSoftCap} 0 is none. */
    public void run(
            Tensor tokenIds, Tensor newIn, Weight newWeight, float newSoftCap, int newRows) {
        in = input.of(newIn, newWeight, newRows);
        weight = newWeight;
        softCap = newSoftCap;
        rows = newRows;
        for (int worker = 0; worker < best.length; worker++) {
            if (best[worker].length < rows) {
                best[worker] = new long[rows];
            }
            Arrays.fill(best[worker], 0, rows, NOTHING);
        }
        int panels = PanelLayout.numPanels(weight.n(), context.lanes.panelColumns());
        plan.set(context, rows, panels, weight.k());
        context.pool.run(plan.parts(), this);
        for (int r = 0; r < rows; r++) {
            Host.ints(tokenIds)[Host.at(tokenIds, 0) + r] = tokenId(r);
        }
    }

    private int tokenId(int row) {
        long first = NOTHING;
        for (long[] worker : best) {
            first = Math.min(first, worker[row]);
        }
        return first == NOTHING || first == NOT_FINITE ? -1 : TokenHeap.id(first);
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
                    Host.at(in, row),
                    in.rowStride(),
                    numRows,
                    scratch.products,
                    0);
            for (int p = 0; p < panels; p++) {
                for (int r = 0; r < numRows; r++) {
                    compare(scratch, (p * numRows + r), panel + p, row + r, best[worker]);
                }
            }
        }
    }

    /** {@code group}: which run of a panel's columns in scratch memory. */
    private void compare(Scratch scratch, int group, int panel, int row, long[] bestOfRows) {
        Lanes lanes = context.lanes;
        int nr = lanes.panelColumns();
        int columns = Math.min(nr, weight.n() - panel * nr);
        float[] products = scratch.products;
        int at = group * nr;
        if (softCap != 0) {
            lanes.softCap(products, at, columns, softCap, scratch.temp);
        }
        float max = lanes.maxOrNan(products, at, columns);
        if (Float.isNaN(max) || max == Float.POSITIVE_INFINITY) {
            bestOfRows[row] = NOT_FINITE;
        } else if (max > Float.NEGATIVE_INFINITY) {
            int column = 0;
            while (products[at + column] != max) {
                column++;
            }
            long key = TokenHeap.key(max, panel * nr + column);
            bestOfRows[row] = Math.min(bestOfRows[row], key);
        }
    }
}

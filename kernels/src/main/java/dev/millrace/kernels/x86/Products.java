package dev.millrace.kernels.x86;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.PanelWeight;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.EnumMap;
import java.util.Map;

/**
 * Products with packed weights, and single rows of them. Work is cut into {block of rows} × {run of panels}; cuts never change
 * a result.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Products {
    private final Context context;
    private final Call call;
    private final Map<PanelFormat, Preparation> preparations = new EnumMap<>(PanelFormat.class);
    private DeviceBuffer bests;
    private long input;
    private long inputStride;
    private long scales;
    private long sums;

    public Products(Context context) {
        this.context = context;
        this.call = context.call;
        for (PanelFormat format : PanelFormat.values()) {
            preparations.put(format, Preparation.of(context.family, format));
        }
    }

    private static PanelWeight panels(Weight weight, boolean gateUp) {
        if (!(weight instanceof PanelWeight panels)) {
            throw new KernelException(
                    "the native CPU kernels pack no " + weight.getClass().getSimpleName());
        }
        if (panels.gateUp() != gateUp) {
            throw new KernelException(
                    "the weight was packed for "
                            + (gateUp ? "linear and embed" : "gatedLinear")
                            + " only");
        }
        return panels;
    }

    /** {@code out = in · weightᵀ + bias}. */
    public void linear(Tensor out, Tensor in, Weight weight, Tensor bias, int rows) {
        run(out, in, panels(weight, false), bias, null, rows);
    }

    /** The lowest id among the largest outputs of each row, which are written nowhere; −1 where there is none. */
    public void argmax(Tensor tokenIds, Tensor in, Weight weight, float softCap, int rows) {
        PanelWeight panels = panels(weight, false);
        int groups = cut(panels, false, rows).groups();
        bests = context.memory.grown(bests, 8L * groups * rows);
        run(null, in, panels, null, null, rows, bests.address(), softCap);
        call.start(Operation.BEST)
                .put(tokenIds.address())
                .put(bests.address())
                .put(rows)
                .put(groups)
                .run(1);
    }

    /** {@code out = activation(in · gateᵀ + bias) · (in · upᵀ + bias)}. */
    public void gated(
            Tensor out, Tensor in, Weight gateUp, Tensor bias, Activation activation, int rows) {
        run(out, in, panels(gateUp, true), bias, activation, rows);
    }

    private void run(
            Tensor out, Tensor in, PanelWeight weight, Tensor bias, Activation gate, int rows) {
        run(out, in, weight, bias, gate, rows, 0, 0);
    }

    /** Writes {@code out}, or the best outputs to {@code bestsAddress}. */
    private void run(
            Tensor out,
            Tensor in,
            PanelWeight weight,
            Tensor bias,
            Activation gate,
            int rows,
            long bestsAddress,
            float softCap) {
        takeInput(in, weight, rows);
        Cut cut = cut(weight, gate != null, rows);
        call.start(Operation.LINEAR)
                .put(out)
                .put(out == null ? 0 : Call.type(out))
                .put(input)
                .put(inputStride)
                .put(scales)
                .put(sums)
                .put(address(weight.data()))
                .put(weight.scales() == null ? 0 : address(weight.scales()))
                .put(weight.format().ordinal())
                .put(gate == null ? weight.n() : weight.n() / 2)
                .put(Library.panelDepth(weight.format().ordinal(), weight.k()))
                .put(bias == null ? 0 : bias.address())
                .put(gate == null ? 0 : 1)
                .put(gate == null ? 0 : gate.ordinal())
                .put(rows)
                .put(cut.rowsPerBlock())
                .put(cut.panelsPerPart())
                .put(bestsAddress)
                .put(softCap)
                .run(rows == 0 ? 0 : cut.blocks() * cut.groups());
    }

    private Preparation preparation(PanelWeight weight) {
        return preparations.get(weight.format());
    }

    private Cut cut(PanelWeight weight, boolean gated, int rows) {
        int threads = context.pool.numThreads();
        return Cut.of(weight, preparation(weight), gated, Math.max(rows, 1), threads);
    }

    /** Sets where the rows of the next product lie, as it wants them. */
    private void takeInput(Tensor in, PanelWeight weight, int rows) {
        Preparation preparation = preparation(weight);
        boolean stored = in.dtype() == DType.INT8;
        long depth = preparation.depth(weight);
        boolean asItIs =
                switch (preparation) {
                    case NONE -> true;
                    case BF16 -> depth == weight.k();
                    case INT8, INT8_ROTATED -> stored;
                    case SPLIT -> false;
                };
        if (asItIs) {
            input = in.address();
            inputStride = in.rowStride();
            scales = stored ? in.scales().address() : 0;
            sums = stored ? ByteRows.sums(in) : 0;
            return;
        }
        long bytes = in.rows() * preparation.rowBytes(depth);
        input = context.workspace(bytes + 4L * in.rows() * (1 + preparation.sums(depth)));
        inputStride = preparation.stride(depth);
        scales = input + bytes;
        sums = scales + 4L * in.rows();
        int perPart = context.rowsPerPart(rows, weight.k());
        call.start(Operation.PREPARE)
                .put(input)
                .put(inputStride)
                .put(scales)
                .put(sums)
                .put(in)
                .putType(in)
                .put(rows)
                .put(weight.k())
                .put(depth)
                .put(perPart)
                .put(preparation.ordinal())
                .run(Context.parts(rows, perPart));
    }

    /** {@code out[t, :] = scale · table[tokenIds[t], :]}. */
    public void embed(Tensor out, PackedBatch batch, Weight table, float scale) {
        PanelWeight weight = panels(table, false);
        // A row is read across its whole panel.
        int perPart = context.rowsPerPart(batch.numTokens(), weight.k() * 8);
        call.start(Operation.EMBED)
                .put(out)
                .put(batch.tokenIds().address())
                .put(batch.numTokens())
                .put(perPart)
                .put(address(weight.data()))
                .put(weight.scales() == null ? 0 : address(weight.scales()))
                .put(weight.format().ordinal())
                .put(weight.n())
                .put(weight.k())
                .put(scale)
                .run(Context.parts(batch.numTokens(), perPart));
    }

    private static long address(Buffer buffer) {
        return ((DeviceBuffer) buffer).address();
    }
}

package dev.millrace.kernels.x86;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.PanelWeight;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.WeightSource;
import dev.millrace.kernels.cpu.WorkerPool;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Brings a checkpoint's matrix into panels, one panel's rows at a time on every thread.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Packer {
    /** Outputs of a panel. */
    static final int PANEL = 32;

    private final WorkerPool pool;
    private final Memory memory;
    private final Family family;
    private final Scratch scratch;
    private final Call[] calls;
    private final PanelChoice choice;

    public Packer(Context context, PanelChoice choice) {
        this.choice = choice;
        pool = context.pool;
        memory = context.memory;
        family = context.family;
        scratch = context.scratch;
        calls = new Call[pool.numThreads()];
        for (int i = 0; i < calls.length; i++) {
            calls[i] = new Call(family, pool, scratch);
        }
    }

    /** Packs a matrix for {@code linear} and {@code embed}. */
    public PanelWeight pack(WeightSource source) {
        return pack(choice.of(source), false);
    }

    /** Packs the embedding, or the head. */
    public PanelWeight packTable(WeightSource source) {
        return pack(choice.ofTable(source), false);
    }

    /** Packs gates and ups, each of which begin a panel. */
    public PanelWeight packGateUp(WeightSource source) {
        return pack(choice.of(source), true);
    }

    /** Packs a matrix of a quantised checkpoint. */
    public PanelWeight pack(QuantizedSource source, boolean gateUp) {
        return pack(choice.of(source), gateUp);
    }

    private PanelWeight pack(PanelChoice.Form form, boolean gateUp) {
        PanelFormat format = form.format();
        int n = form.rows().n();
        int k = form.rows().k();
        if (n < 1 || k < 1) {
            throw new KernelException("pack: a weight of [" + n + ", " + k + "]");
        }
        long sliceBytes = form.rows().rowBytes() * PANEL;
        if (sliceBytes > Integer.MAX_VALUE - 8) {
            throw new KernelException("pack: rows of " + k + " inputs are too long");
        }
        int halves = gateUp ? 2 : 1;
        int panels = halves * panels(n / halves);
        long bytes = panels * Library.panelBytes(format.ordinal(), k);
        DeviceBuffer data = memory.allocateWeights(DType.INT8, bytes);
        DeviceBuffer scales = null;
        if (format.hasScales()) {
            scales = memory.allocateWeights(DType.F32, (long) panels * PANEL);
        }
        PanelWeight weight = new PanelWeight(format, n, k, gateUp, data, scales);
        fill(form, weight, panels, (int) sliceBytes);
        return weight;
    }

    static int panels(int n) {
        return (n + PANEL - 1) / PANEL;
    }

    private void fill(PanelChoice.Form form, PanelWeight weight, int panels, int sliceBytes) {
        scratch.reserve(4L * (weight.k() + 63));
        int perPart = Math.max((panels + 255) / 256, 1);
        ByteBuffer[] slices = new ByteBuffer[calls.length];
        pool.run(
                (panels + perPart - 1) / perPart,
                (part, worker) -> {
                    if (slices[worker] == null) {
                        slices[worker] =
                                ByteBuffer.allocateDirect(sliceBytes)
                                        .order(ByteOrder.LITTLE_ENDIAN);
                    }
                    int last = Math.min(panels, (part + 1) * perPart);
                    for (int panel = part * perPart; panel < last; panel++) {
                        packPanel(form, weight, panel, slices[worker], worker);
                    }
                });
    }

    private void packPanel(
            PanelChoice.Form form, PanelWeight weight, int panel, ByteBuffer slice, int worker) {
        StoredRows stored = form.rows();
        int half = weight.gateUp() ? weight.n() / 2 : weight.n();
        int inHalf = panel % panels(half) * PANEL;
        int first = panel / panels(half) * half + inHalf;
        int rows = Math.min(PANEL, half - inHalf);
        long rowBytes = stored.rowBytes();
        slice.clear();
        stored.reader().read(first, rows, slice);
        if (slice.position() != rows * rowBytes) {
            throw new KernelException(
                    "pack: "
                            + rows
                            + " rows of "
                            + rowBytes
                            + " bytes wanted, "
                            + slice.position()
                            + " bytes given");
        }
        int format = weight.format().ordinal();
        long bytes = Library.panelBytes(format, weight.k());
        long scales =
                weight.scales() == null
                        ? 0
                        : ((DeviceBuffer) weight.scales()).address() + 4L * PANEL * panel;
        calls[worker]
                .start(Operation.PACK)
                .put(Library.address(slice))
                .put(stored.form())
                .put(rowBytes)
                .put(rows)
                .put(stored.k())
                .put(((DeviceBuffer) weight.data()).address() + panel * bytes)
                .put(format)
                .put(scales)
                .run(0, worker);
        stored.writeScales(first, rows, scales);
    }
}

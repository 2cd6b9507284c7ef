package dev.millrace.kernels.cpu;

import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.GgufWeight;
import dev.millrace.kernels.HostBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Brings a checkpoint's matrix into panels, one panel's rows at a time on every thread.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class WeightPacker {
    private final WorkerPool pool;
    private final BufferPool buffers;
    private final int nr;

    public WeightPacker(WorkerPool pool, BufferPool buffers, Lanes lanes) {
        this.pool = pool;
        this.buffers = buffers;
        this.nr = lanes.panelColumns();
    }

    /** Reads all of {@code source}. */
    public Weight pack(WeightSource source) {
        WeightFormat format = source.format();
        int n = source.n();
        int k = source.k();
        if (n < 1 || k < 1) {
            throw new KernelException("pack: a weight of [" + n + ", " + k + "]");
        }
        long sliceBytes = format.rowBytes(k) * nr;
        if (sliceBytes > Integer.MAX_VALUE - 8) {
            throw new KernelException("pack: rows of " + k + " inputs are too long");
        }
        int panels = PanelLayout.numPanels(n, nr);
        long length = (long) panels * PanelLayout.length(format, k, nr);
        DType dtype = format == WeightFormat.F32 ? DType.F32 : DType.INT32;
        HostBuffer data = buffers.allocateHost(dtype, length, "weights");
        if (format.blockElements() == 1) {
            fill(source, data, null, (int) sliceBytes);
            return new DenseWeight(format, n, k, false, data);
        }
        long scalesLength = (long) panels * PanelLayout.scalesLength(format, k, nr);
        HostBuffer scales = buffers.allocateHost(DType.INT32, scalesLength, "weights");
        fill(source, data, scales, (int) sliceBytes);
        return new GgufWeight(format, n, k, data, scales);
    }

    private void fill(WeightSource source, HostBuffer data, HostBuffer scales, int sliceBytes) {
        int panels = PanelLayout.numPanels(source.n(), nr);
        int perPart = Math.max((panels + 255) / 256, 1);
        ByteBuffer[] slices = new ByteBuffer[pool.numThreads()];
        pool.run(
                (panels + perPart - 1) / perPart,
                (part, worker) -> {
                    if (slices[worker] == null) {
                        slices[worker] =
                                ByteBuffer.allocate(sliceBytes).order(ByteOrder.LITTLE_ENDIAN);
                    }
                    int last = Math.min(panels, (part + 1) * perPart);
                    for (int panel = part * perPart; panel < last; panel++) {
                        packPanel(source, panel, slices[worker], data, scales);
                    }
                });
    }

    private void packPanel(
            WeightSource source, int panel, ByteBuffer slice, HostBuffer data, HostBuffer scales) {
        WeightFormat format = source.format();
        int k = source.k();
        int rows = Math.min(nr, source.n() - panel * nr);
        int rowBytes = (int) format.rowBytes(k);
        slice.clear();
        source.readRows(panel * nr, rows, slice);
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
        int to = panel * PanelLayout.length(format, k, nr);
        int scalesTo = panel * PanelLayout.scalesLength(format, k, nr);
        for (int j = 0; j < rows; j++) {
            int from = j * rowBytes;
            switch (format) {
                case F32 -> packF32(slice, from, k, data.floats(), to + j);
                case F16, BF16 -> pack16(slice, from, format, k, j, data.ints(), to);
                case Q8_0 -> packQ8(slice, from, format, k, j, data.ints(), to);
                case Q4_0, Q4_1 -> packQ4(slice, from, format, k, j, data.ints(), to);
                case Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw PanelLayout.coded(format);
            }
            if (scales != null) {
                packScales(slice, from, format, k, j, scales.ints(), scalesTo);
            }
        }
    }

    private void packF32(ByteBuffer slice, int from, int k, float[] out, int to) {
        for (int i = 0; i < k; i++) {
            out[to + i * nr] = slice.getFloat(from + 4 * i);
        }
    }

    private void pack16(
            ByteBuffer slice, int from, WeightFormat format, int k, int j, int[] out, int to) {
        for (int i = 0; i < k; i++) {
            put(slice.getShort(from + 2 * i) & 0xFFFF, format, i, j, out, to);
        }
    }

    private void packQ8(
            ByteBuffer slice, int from, WeightFormat format, int k, int j, int[] out, int to) {
        for (int i = 0; i < k; i++) {
            int at = from + (i >> 5) * format.blockBytes() + 2 + (i & 31);
            put(slice.get(at) & 0xFF, format, i, j, out, to);
        }
    }

    private void packQ4(
            ByteBuffer slice, int from, WeightFormat format, int k, int j, int[] out, int to) {
        int head = 2 * PanelLayout.scaleRows(format);
        for (int i = 0; i < k; i++) {
            int at = from + (i >> 5) * format.blockBytes() + head + (i & 15);
            put(slice.get(at) >>> ((i & 16) / 4) & 15, format, i, j, out, to);
        }
    }

    private void put(int bits, WeightFormat format, int i, int j, int[] out, int to) {
        out[to + PanelLayout.word(format, i, j, nr)] |= bits << PanelLayout.shift(format, i, j, nr);
    }

    private void packScales(
            ByteBuffer slice, int from, WeightFormat format, int k, int j, int[] out, int to) {
        int rows = PanelLayout.scaleRows(format);
        for (int block = 0; block < k / format.blockElements(); block++) {
            for (int row = 0; row < rows; row++) {
                int bits = slice.getShort(from + block * format.blockBytes() + 2 * row) & 0xFFFF;
                out[to + PanelLayout.scaleWord(block * rows + row, j, nr)] |=
                        bits << PanelLayout.scaleShift(j, nr);
            }
        }
    }
}

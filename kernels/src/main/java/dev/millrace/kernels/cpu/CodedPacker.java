package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Fp8Weight;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.HostBuffer;
import dev.millrace.kernels.Int8Weight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Brings codes into panels ({@link CodedPanel}), one panel's rows at a time on every thread.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class CodedPacker {
    static final int BLOCK = 128;

    private final WorkerPool pool;
    private final BufferPool buffers;
    private final int nr;

    public CodedPacker(WorkerPool pool, BufferPool buffers, Lanes lanes) {
        this.pool = pool;
        this.buffers = buffers;
        this.nr = lanes.panelColumns();
    }

    /** Packs a matrix of a quantised checkpoint. */
    public Weight pack(QuantizedSource source) {
        Quantization quantization = source.quantization();
        CodedRows rows = QuantizedRows.of(source);
        if (quantization instanceof Quantization.Groups groups) {
            return packGroups(rows, ints(groups.permutation()));
        }
        Panels panels = pack(rows);
        int n = source.n();
        int k = source.k();
        if (quantization instanceof Quantization.Int8) {
            return new Int8Weight(n, k, false, panels.codes, panels.scales);
        }
        Quantization.E4m3 e4m3 = (Quantization.E4m3) quantization;
        boolean blocks = e4m3.grid() == ScaleGrid.BLOCK_128 || e4m3.grid() == ScaleGrid.ROW_128;
        Buffer inputScale = e4m3.inputScale() == 0 ? null : floats(e4m3.inputScale());
        return new Fp8Weight(n, k, false, blocks, panels.codes, panels.scales, inputScale);
    }

    /** Packs GGUF blocks for which {@link PanelLayout} has no place. */
    public Weight pack(WeightSource source) {
        return packGroups(new GgufRows(source), null);
    }

    /** Packs codes with a scale and an offset for each group. */
    private Weight packGroups(CodedRows rows, Buffer permutation) {
        Panels panels = pack(rows);
        return new GroupWeight(
                rows.code() == CodedPanel.Code.INT4 ? 4 : 8,
                rows.groupSize(),
                DType.F32,
                false,
                rows.n(),
                rows.k(),
                false,
                panels.codes,
                panels.scales,
                permutation);
    }

    private record Panels(HostBuffer codes, HostBuffer scales) {}

    private Panels pack(CodedRows rows) {
        int n = rows.n();
        int k = rows.k();
        if (n < 1 || k < 1) {
            throw new KernelException("pack: a weight of [" + n + ", " + k + "]");
        }
        if (rows.rowBytes() > (Integer.MAX_VALUE - 8) / nr) {
            throw new KernelException("pack: rows of " + k + " inputs are too long");
        }
        long count = PanelLayout.numPanels(n, nr);
        int length = CodedPanel.length(rows.code(), k, nr);
        int scalesLength = CodedPanel.scalesLength(rows.code(), k, rows.groupSize(), nr);
        Panels panels =
                new Panels(
                        buffers.allocateHost(DType.INT32, count * length, "weights"),
                        buffers.allocateHost(DType.F32, count * scalesLength, "weights"));
        ByteBuffer[] slices = new ByteBuffer[pool.numThreads()];
        pool.run(
                (int) count,
                (panel, worker) -> {
                    if (slices[worker] == null) {
                        slices[worker] =
                                ByteBuffer.allocate(nr * (int) rows.rowBytes())
                                        .order(ByteOrder.LITTLE_ENDIAN);
                    }
                    packPanel(rows, panel, slices[worker], panels);
                });
        return panels;
    }

    private void packPanel(CodedRows rows, int panel, ByteBuffer slice, Panels panels) {
        int first = panel * nr;
        int numRows = Math.min(nr, rows.n() - first);
        int rowBytes = (int) rows.rowBytes();
        slice.clear();
        rows.readRows(first, numRows, slice);
        if (slice.position() != numRows * rowBytes) {
            throw new KernelException(
                    "pack: "
                            + numRows * rowBytes
                            + " bytes wanted, "
                            + slice.position()
                            + " bytes given");
        }
        CodedPanel.Code code = rows.code();
        int k = rows.k();
        int[] codes = panels.codes.ints();
        int to = panel * CodedPanel.length(code, k, nr);
        for (int j = 0; j < numRows; j++) {
            for (int i = 0; i < k; i++) {
                CodedPanel.put(code, rows.bits(slice, j * rowBytes, i), i, j, nr, codes, to);
            }
            packScales(rows, slice, first + j, j, panels, panel);
        }
    }

    private void packScales(
            CodedRows rows, ByteBuffer slice, int row, int j, Panels panels, int panel) {
        int from = j * (int) rows.rowBytes();
        int scaleRows = rows.code().scaleRows();
        float[] scales = panels.scales.floats();
        int groupSize = rows.groupSize();
        int to = panel * CodedPanel.scalesLength(rows.code(), rows.k(), groupSize, nr) + j;
        int groups = (rows.k() + groupSize - 1) / groupSize;
        for (int group = 0; group < groups; group++) {
            int at = to + group * scaleRows * nr;
            scales[at] = rows.scale(slice, from, row, group);
            if (scaleRows == 2) {
                scales[at + nr] = rows.offset(slice, from, row, group);
            }
        }
    }

    private Buffer ints(int[] values) {
        if (values == null) {
            return null;
        }
        HostBuffer buffer = buffers.allocateHost(DType.INT32, values.length, "weights");
        System.arraycopy(values, 0, buffer.ints(), 0, values.length);
        return buffer;
    }

    private Buffer floats(float value) {
        HostBuffer buffer = buffers.allocateHost(DType.F32, 1, "weights");
        buffer.floats()[0] = value;
        return buffer;
    }
}

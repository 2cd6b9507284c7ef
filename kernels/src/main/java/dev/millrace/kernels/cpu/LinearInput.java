package dev.millrace.kernels.cpu;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Fp8Weight;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.Int8Weight;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * What a product reads when it is not the activations themselves: activations rounded as the weight's scheme says, or in another
 * order. Memory grows to what the largest input needs, and is used again by the next product.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class LinearInput implements WorkerPool.Work {
    private static final String PURPOSE = "workspace";

    private final CpuContext context;
    private final BufferPool buffers;
    private final boolean quantizes;
    private Tensor prepared;
    private Tensor in;
    private Weight weight;
    private int rows;
    private int rowsPerPart;

    /** With {@code quantizes} activations are rounded where the checkpoint's scheme says so. */
    public LinearInput(CpuContext context, BufferPool buffers, boolean quantizes) {
        this.context = context;
        this.buffers = buffers;
        this.quantizes = quantizes;
    }

    /** The rows that {@code newWeight} is to be multiplied by; valid until the next call. */
    Tensor of(Tensor newIn, Weight newWeight, int newRows) {
        boolean changes =
                newWeight instanceof GroupWeight groups
                        ? groups.permutation() != null
                        : quantizes
                                && (newWeight instanceof Int8Weight
                                        || newWeight instanceof Fp8Weight);
        if (!changes) {
            return newIn;
        }
        in = newIn;
        weight = newWeight;
        rows = newRows;
        reserve(rows, weight.k());
        rowsPerPart = context.rowsPerPart(rows, weight.k());
        context.pool.run(CpuContext.parts(rows, rowsPerPart), this);
        return prepared;
    }

    @Override
    public void run(int part, int worker) {
        int end = Math.min(rows, (part + 1) * rowsPerPart);
        for (int r = part * rowsPerPart; r < end; r++) {
            row(Host.floats(in), Host.at(in, r), Host.floats(prepared), Host.at(prepared, r));
        }
    }

    private void row(float[] from, int at, float[] out, int to) {
        int k = weight.k();
        if (weight instanceof GroupWeight groups) {
            int[] order = Host.ints(groups.permutation());
            for (int i = 0; i < k; i++) {
                out[to + i] = from[at + order[i]];
            }
        } else if (weight instanceof Fp8Weight fp8) {
            Buffer given = fp8.inputScale();
            float scale = given == null ? 0 : Host.floats(given)[0];
            int group = fp8.blocks() ? CodedPacker.BLOCK : k;
            for (int i = 0; i < k; i += group) {
                int length = Math.min(group, k - i);
                ActivationRounding.e4m3(from, at + i, out, to + i, length, scale);
            }
        } else {
            ActivationRounding.int8(from, at, out, to, k);
        }
    }

    private void reserve(int capacity, int columns) {
        long length = (long) capacity * columns;
        Buffer buffer = prepared == null ? null : prepared.buffer();
        if (buffer != null && buffer.length() < length) {
            buffers.release(buffer, PURPOSE);
            buffer = null;
        }
        if (buffer == null) {
            buffer = buffers.allocateHost(DType.F32, length, PURPOSE);
        }
        if (prepared == null
                || prepared.buffer() != buffer
                || prepared.rows() != capacity
                || prepared.columns() != columns) {
            prepared = new Tensor(DType.F32, capacity, columns, columns, buffer, 0);
        }
    }
}

package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * The largest output of a product for each token: the product stores the best of each few outputs ({@code linear_argmax.cuh}),
 * {@code argmax.cu} finds the best of those.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class LinearArgmax {
    private static final String PURPOSE = "workspace";

    /** {@code option} of a product that stores places. */
    private static final int PLACES = 2;

    private static final int THREADS = 512;
    private static final int ROWS_PER_BLOCK = 4;

    private final CudaOps ops;
    private final LinearProduct product;
    private Tensor places;

    public LinearArgmax(CudaOps ops, LinearInput input) {
        this(ops, input, LinearTile::choose);
    }

    LinearArgmax(CudaOps ops, LinearInput input, LinearTile.Choice choice) {
        this.ops = ops;
        product = new LinearProduct(ops, input, choice, false);
    }

    /** Computes the tokens of {@code rows} rows; {@code softCap} 0 is none. */
    public void run(Tensor tokenIds, Tensor in, Weight weight, float softCap, int rows) {
        if (weight.gateUp()) {
            throw new KernelException("linearArgmax: the weight was packed for gatedLinear");
        }
        if (rows == 0) {
            return;
        }
        int chunks = product.placesPerToken(weight);
        int stride = (rows + 7) / 8 * 8;
        reserve((long) chunks * ((in.rows() + 7) / 8 * 8), stride);
        product.run(places, in, weight, null, PLACES, softCap, rows);
        ops.launcher()
                .begin(EntryPoint.ARGMAX_PLACES)
                .tensor(tokenIds)
                .tensor(places)
                .int32(rows)
                .int32(chunks)
                .int32(stride)
                .run((rows + ROWS_PER_BLOCK - 1) / ROWS_PER_BLOCK, THREADS);
    }

    /** A view of memory for the most rows that {@code in} can have, as memory that moves costs the recorded steps. */
    private void reserve(long length, int stride) {
        DeviceBuffer old = places == null ? null : (DeviceBuffer) places.buffer();
        DeviceBuffer buffer = ops.memory().grown(old, DType.INT64, length, PURPOSE);
        if (buffer != old || places.rowStride() != stride) {
            int rows = (int) (buffer.length() / stride);
            places = new Tensor(DType.INT64, rows, stride, stride, buffer, 0);
        }
    }
}

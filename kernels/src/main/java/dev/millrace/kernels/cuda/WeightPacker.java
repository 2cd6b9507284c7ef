package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Brings a checkpoint's matrix to the device in tiles ({@link WeightTiles}), one row of tiles at a time, so that the host holds
 * 64 rows of it and no more.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class WeightPacker {
    private final CudaOps ops;

    public WeightPacker(CudaOps ops) {
        this.ops = ops;
    }

    /** Packs a matrix for {@link Linear} and {@link Embedding}. */
    public Weight pack(WeightSource source) {
        return pack(source, false);
    }

    /** Packs gate rows, then up rows, for {@link GatedLinear}. */
    public Weight packGateUp(WeightSource source) {
        return pack(source, true);
    }

    private Weight pack(WeightSource source, boolean gateUp) {
        int n = source.n();
        int k = source.k();
        if (n < 1 || k < 1) {
            throw new KernelException("pack: a weight of [" + n + ", " + k + "]");
        }
        DType type = ops.activationType();
        int tileRows = WeightTiles.alongN(WeightTiles.packedRows(n, gateUp));
        int kTiles = WeightTiles.alongK((long) k * type.sizeBytes());
        long tileRowBytes = (long) kTiles * WeightTiles.TILE_BYTES;
        long sliceBytes = source.format().rowBytes(k) * WeightTiles.ROWS;
        if (tileRowBytes > Integer.MAX_VALUE - 8 || sliceBytes > Integer.MAX_VALUE - 8) {
            throw new KernelException("pack: rows of " + k + " inputs are too long");
        }
        long length = tileRows * (tileRowBytes / type.sizeBytes());
        DeviceBuffer data = ops.memory().allocate(type, length, "weights");
        RowSlice slice = new RowSlice(source, gateUp, (int) sliceBytes);
        DenseRows rows = new DenseRows(source.format(), type, k);
        ByteBuffer tiles =
                ByteBuffer.allocateDirect((int) tileRowBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tileRows; i++) {
            slice.read(i * WeightTiles.ROWS);
            for (int row = 0; row < WeightTiles.ROWS; row++) {
                rows.put(slice.bytes(), slice.offset(row), tiles, row);
            }
            ops.uploads().bytes(tiles.clear(), data.address() + i * tileRowBytes);
        }
        return new DenseWeight(format(type), n, k, gateUp, data);
    }

    private static WeightFormat format(DType type) {
        return type == DType.F16 ? WeightFormat.F16 : WeightFormat.BF16;
    }
}

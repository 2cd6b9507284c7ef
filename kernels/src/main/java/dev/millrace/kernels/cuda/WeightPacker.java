package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.GgufBlock;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/**
 * Brings a checkpoint's matrix to the device in tiles ({@link WeightTiles}, {@link GroupTiles}), one row of tiles at a time.
 * Plain numbers and K blocks of GGUF become A, its other blocks and groups of small integers stay small.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class WeightPacker {
    private static final int GGUF_GROUP = 32;

    private final CudaOps ops;
    private final BytePacker bytes;

    public WeightPacker(CudaOps ops) {
        this.ops = ops;
        bytes = new BytePacker(ops);
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
        WeightFormat format = source.format();
        checkShape(source.n(), source.k());
        return switch (format) {
            // The scales of K blocks are products, which 16 bits do not hold.
            case F32, F16, BF16, Q4_K, Q5_K, Q6_K -> packDense(source, gateUp);
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1 -> {
                int bits = GgufBlock.bits(format) == 4 ? 4 : 8;
                boolean zeroPoints = format != WeightFormat.Q4_1 && format != WeightFormat.Q5_1;
                GroupWeight shape =
                        new GroupWeight(
                                bits,
                                GGUF_GROUP,
                                DType.F16,
                                zeroPoints,
                                source.n(),
                                source.k(),
                                gateUp,
                                null,
                                null,
                                null);
                yield packGroups(shape, new GgufRows(source, gateUp));
            }
        };
    }

    /** Packs a quantised matrix, as gate and up rows or plain. */
    public Weight pack(QuantizedSource source, boolean gateUp) {
        checkShape(source.n(), source.k());
        Quantization quantization = source.quantization();
        if (quantization instanceof Quantization.Groups groups) {
            GroupWeight shape =
                    new GroupWeight(
                            groups.bits(),
                            groups.groupSize(),
                            groups.scaleType(),
                            groups.zeroPoints(),
                            source.n(),
                            source.k(),
                            gateUp,
                            null,
                            null,
                            permutation(groups.permutation()));
            return packGroups(shape, new QuantizedRows(source, groups, gateUp));
        }
        return bytes.pack(source, gateUp);
    }

    private static void checkShape(int n, int k) {
        if (n < 1 || k < 1) {
            throw new KernelException("pack: a weight of [" + n + ", " + k + "]");
        }
    }

    private Weight packDense(WeightSource source, boolean gateUp) {
        DType type = ops.activationType();
        int n = source.n();
        int k = source.k();
        RowSlice slice = new RowSlice(source::readRows, n, gateUp, source.format().rowBytes(k));
        DenseRows rows = new DenseRows(source.format(), type, k);
        DeviceBuffer data =
                TileStream.pack(
                        ops,
                        type,
                        WeightTiles.alongN(WeightTiles.packedRows(n, gateUp)),
                        (long) WeightTiles.alongK((long) k * type.sizeBytes())
                                * WeightTiles.TILE_BYTES,
                        (i, tiles) -> {
                            slice.read(i * WeightTiles.ROWS);
                            IntStream.range(0, WeightTiles.ROWS)
                                    .parallel()
                                    .forEach(
                                            row ->
                                                    rows.put(
                                                            slice.bytes(),
                                                            slice.offset(row),
                                                            tiles,
                                                            row));
                        });
        return new DenseWeight(format(type), n, k, gateUp, data);
    }

    private static WeightFormat format(DType type) {
        return type == DType.F16 ? WeightFormat.F16 : WeightFormat.BF16;
    }

    /** {@code shape} has no memory yet. */
    private Weight packGroups(GroupWeight shape, GroupRows rows) {
        int k = shape.k();
        boolean gateUp = shape.gateUp();
        int pieces = WeightTiles.alongN(WeightTiles.packedRows(shape.n(), gateUp));
        int kTiles = GroupTiles.alongK(k);
        int groups = (k + shape.groupSize() - 1) / shape.groupSize();
        int scaleBytes = groups * WeightTiles.ROWS * Integer.BYTES;
        ByteBuffer scales = ByteBuffer.allocateDirect(scaleBytes).order(ByteOrder.LITTLE_ENDIAN);
        DeviceBuffer scaleData =
                ops.memory().allocate(DType.INT32, (long) pieces * scaleBytes / 4, "weights");
        DeviceBuffer quants =
                TileStream.pack(
                        ops,
                        DType.INT8,
                        pieces,
                        (long) kTiles * GroupTiles.tileBytes(shape.bits()),
                        (i, tiles) -> {
                            rows.read(i * WeightTiles.ROWS);
                            IntStream.range(0, kTiles)
                                    .parallel()
                                    .forEach(
                                            tile ->
                                                    GroupTiles.write(
                                                            rows,
                                                            tile,
                                                            shape.bits(),
                                                            gateUp,
                                                            tiles));
                            GroupTiles.writeScales(rows, groups, gateUp, scales);
                            ops.uploads()
                                    .bytes(
                                            scales.clear(),
                                            scaleData.address() + (long) i * scaleBytes);
                        });
        return new GroupWeight(
                shape.bits(),
                shape.groupSize(),
                shape.scaleType(),
                shape.zeroPoints(),
                shape.n(),
                k,
                gateUp,
                quants,
                scaleData,
                shape.permutation());
    }

    private DeviceBuffer permutation(int[] order) {
        if (order == null) {
            return null;
        }
        DeviceBuffer buffer = ops.memory().allocate(DType.INT32, order.length, "weights");
        Tensor tensor = new Tensor(DType.INT32, 1, order.length, order.length, buffer, 0);
        ops.uploads().ints(order, order.length, tensor);
        return buffer;
    }
}

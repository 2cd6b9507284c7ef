package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.Fp8Weight;
import dev.millrace.kernels.Int8Weight;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import java.nio.ByteBuffer;

/**
 * Packs weights of one byte an element. E4M3 needs tensor cores that have it (8.9 and 9.0); elsewhere it becomes A when it is
 * packed, each element times its scale rounded once.
 *
 * <p>Thread-safety: one call at a time.
 */
final class BytePacker {
    private static final int BLOCK = 128;

    private final CudaOps ops;

    BytePacker(CudaOps ops) {
        this.ops = ops;
    }

    /** Packs a matrix of {@link Quantization.Int8} or {@link Quantization.E4m3}. */
    Weight pack(QuantizedSource source, boolean gateUp) {
        if (source.quantization() instanceof Quantization.Int8 int8) {
            if (!ops.quantizesActivations()) {
                return dequantise(source, gateUp, (bits, row, i) -> bits * int8.rowScales()[row]);
            }
            DeviceBuffer scales = rowScales(int8.rowScales(), source.n(), gateUp);
            return new Int8Weight(
                    source.n(), source.k(), gateUp, packBytes(source, gateUp, DType.INT8), scales);
        }
        Quantization.E4m3 e4m3 = (Quantization.E4m3) source.quantization();
        boolean multipliesCodes = ops.quantizesActivations() && ops.device().multipliesE4m3();
        return multipliesCodes && e4m3.grid() != ScaleGrid.ROW_128
                ? packE4m3(source, e4m3, gateUp)
                : dequantise(
                        source,
                        gateUp,
                        (bits, row, i) -> E4m3.value(bits) * scale(e4m3, row, i, source.k()));
    }

    private Weight packE4m3(QuantizedSource source, Quantization.E4m3 e4m3, boolean gateUp) {
        boolean blocks = e4m3.grid() == ScaleGrid.BLOCK_128;
        DeviceBuffer scales =
                blocks
                        ? upload(e4m3.scales())
                        : rowScales(perRow(e4m3, source.n()), source.n(), gateUp);
        DeviceBuffer inputScale =
                blocks || e4m3.inputScale() == 0 ? null : upload(new float[] {e4m3.inputScale()});
        DeviceBuffer data = packBytes(source, gateUp, DType.F8_E4M3);
        return new Fp8Weight(source.n(), source.k(), gateUp, blocks, data, scales, inputScale);
    }

    private static float[] perRow(Quantization.E4m3 e4m3, int n) {
        float[] scales = new float[n];
        for (int row = 0; row < n; row++) {
            scales[row] = e4m3.scales()[e4m3.grid() == ScaleGrid.ROW ? row : 0];
        }
        return scales;
    }

    private DeviceBuffer packBytes(QuantizedSource source, boolean gateUp, DType type) {
        int k = source.k();
        int chunks = WeightTiles.alongK(k) * 8;
        RowSlice slice = new RowSlice(source::readRows, source.n(), gateUp, k);
        return TileStream.pack(
                ops,
                type,
                WeightTiles.alongN(WeightTiles.packedRows(source.n(), gateUp)),
                (long) WeightTiles.alongK(k) * WeightTiles.TILE_BYTES,
                (i, tiles) -> {
                    slice.read(i * WeightTiles.ROWS);
                    for (int row = 0; row < WeightTiles.ROWS; row++) {
                        for (int chunk = 0; chunk < chunks; chunk++) {
                            putChunk(slice, row, chunk, k, tiles);
                        }
                    }
                });
    }

    private static void putChunk(RowSlice slice, int row, int chunk, int k, ByteBuffer tiles) {
        int to = WeightTiles.chunkOffset(row, chunk);
        int first = chunk * WeightTiles.CHUNK_BYTES;
        int from = slice.offset(row);
        for (int e = 0; e < WeightTiles.CHUNK_BYTES; e++) {
            boolean exists = from >= 0 && first + e < k;
            tiles.put(to + e, exists ? slice.bytes().get(from + first + e) : 0);
        }
    }

    private DeviceBuffer rowScales(float[] scales, int n, boolean gateUp) {
        float[] packed =
                new float[WeightTiles.alongN(WeightTiles.packedRows(n, gateUp)) * WeightTiles.ROWS];
        for (int row = 0; row < packed.length; row++) {
            int stored = WeightTiles.sourceRow(row, n, gateUp);
            packed[row] = stored < 0 ? 0 : scales[stored];
        }
        return upload(packed);
    }

    private DeviceBuffer upload(float[] values) {
        DeviceBuffer buffer = ops.memory().allocate(DType.F32, values.length, "weights");
        Tensor tensor = new Tensor(DType.F32, 1, values.length, values.length, buffer, 0);
        ops.uploads().floats(values, values.length, tensor);
        return buffer;
    }

    /** The number that a byte stands for. */
    private interface Value {
        float of(byte bits, int row, int i);
    }

    /** Each element rounded once to A. */
    private Weight dequantise(QuantizedSource source, boolean gateUp, Value value) {
        DType type = ops.activationType();
        Halves halves = Halves.of(type);
        int n = source.n();
        int k = source.k();
        RowSlice slice = new RowSlice(source::readRows, n, gateUp, k);
        DeviceBuffer data =
                TileStream.pack(
                        ops,
                        type,
                        WeightTiles.alongN(WeightTiles.packedRows(n, gateUp)),
                        (long) WeightTiles.alongK(2L * k) * WeightTiles.TILE_BYTES,
                        (i, tiles) -> {
                            slice.read(i * WeightTiles.ROWS);
                            for (int row = 0; row < WeightTiles.ROWS; row++) {
                                int stored =
                                        WeightTiles.sourceRow(
                                                i * WeightTiles.ROWS + row, n, gateUp);
                                int from = slice.offset(row);
                                for (int x = 0; x < k; x++) {
                                    int to = WeightTiles.chunkOffset(row, x / 8) + x % 8 * 2;
                                    float number =
                                            stored < 0
                                                    ? 0
                                                    : value.of(
                                                            slice.bytes().get(from + x), stored, x);
                                    tiles.putShort(to, halves.round(number));
                                }
                            }
                        });
        WeightFormat format = type == DType.F16 ? WeightFormat.F16 : WeightFormat.BF16;
        return new DenseWeight(format, n, k, gateUp, data);
    }

    private static float scale(Quantization.E4m3 e4m3, int row, int i, int k) {
        return switch (e4m3.grid()) {
            case TENSOR -> e4m3.scales()[0];
            case ROW -> e4m3.scales()[row];
            case ROW_128 -> e4m3.scales()[row * ((k + BLOCK - 1) / BLOCK) + i / BLOCK];
            case BLOCK_128 -> e4m3.scales()[row / BLOCK * ((k + BLOCK - 1) / BLOCK) + i / BLOCK];
        };
    }
}

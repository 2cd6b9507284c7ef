package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every tile shape of every product gives a row the same bits, in whatever batch. */
final class LinearTilesTest {
    private static final long SEED = 20261122;
    private static final int N = 208;
    private static final int K = 456;
    private static final int MOST_ROWS = 260;
    private static final int[] ROWS = {260, 129, 65, 64, 33, 16, 9, 1};
    private static final int MOST_TILES = LinearTile.DENSE.size();

    private final Random random = new Random(SEED);
    private CudaOps ops;
    private CudaRuntime runtime;
    private Tensor in;

    @BeforeEach
    void theEmulatorIsThere() {
        assumeTrue(dev.millrace.kernels.TestingEmulator.isLoaded(), "the emulator was not built");
    }

    /** 8.9 has all kernels of mma.sync, 9.0 those of wgmma. */
    @ParameterizedTest
    @ValueSource(ints = {89, 90})
    void allTilesGiveARowTheSameBits(int capability) {
        KernelsConfig config =
                new KernelsConfig("cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, DType.BF16);
        try (CudaRuntime opened = CudaRuntime.open(config)) {
            runtime = opened;
            ops = posing(opened.ops(), capability);
            in = ops.memory().allocate(DType.BF16, MOST_ROWS, K, "test");
            float[] x = new float[MOST_ROWS * K];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian() * 0.3f;
            }
            runtime.copyIn(x, x.length, in);
            packings().forEach(this::checkPlain);
            packings().forEach(this::checkGated);
        }
    }

    @Test
    void e4m3IsDequantisedWhereTensorCoresLackIt() {
        KernelsConfig config =
                new KernelsConfig("cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, DType.BF16);
        float[] scales = scales(2 * 4);
        byte[] bytes = new byte[N * K];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) 0xDF;
        }
        try (CudaRuntime opened = CudaRuntime.open(config)) {
            ops = posing(opened.ops(), 80);
            Weight weight =
                    new WeightPacker(ops)
                            .pack(
                                    source(
                                            new Quantization.E4m3(ScaleGrid.BLOCK_128, scales, 0),
                                            bytes),
                                    false);
            assertThat(weight).isInstanceOf(DenseWeight.class);
            // Unit vectors for inputs 120 to 135, on both sides of a block's edge.
            float[] x = new float[16 * K];
            for (int t = 0; t < 16; t++) {
                x[t * K + 120 + t] = 1;
            }
            Tensor units = ops.memory().allocate(DType.BF16, 16, K, "test");
            opened.copyIn(x, x.length, units);
            opened.prepareLaunch();
            Tensor out = ops.memory().allocate(DType.F32, 16, N, "test");
            new Linear(ops, new LinearInput(ops)).run(out, units, weight, null, 16);
            float[] actual = new float[16 * N];
            opened.copyOut(out, actual.length, actual);
            for (int t = 0; t < 16; t++) {
                for (int j = 0; j < N; j++) {
                    float value = E4m3.value(bytes[j * K + 120 + t]);
                    float scale = scales[j / 128 * 4 + (120 + t) / 128];
                    assertThat(actual[t * N + j])
                            .as("[%d, %d], seed %d", t, j, SEED)
                            .isEqualTo(Halves.BF16.widen(Halves.BF16.round(value * scale)));
                }
            }
        }
    }

    private static CudaOps posing(CudaOps ops, int capability) {
        CudaDevice device = ops.device();
        CudaDevice posed =
                new CudaDevice(
                        device.ordinal(),
                        device.name(),
                        capability,
                        device.numMultiprocessors(),
                        device.sharedBytesPerBlock(),
                        device.totalBytes());
        return new CudaOps(
                posed,
                ops.launcher(),
                ops.memory(),
                ops.uploads(),
                ops.activationType(),
                ops.quantizesActivations());
    }

    /** Packs one weight, as gate and up rows or plain. */
    private interface Packing {
        Weight pack(boolean gateUp);
    }

    private Map<String, Packing> packings() {
        Map<String, Packing> packings = new LinkedHashMap<>();
        WeightPacker packer = new WeightPacker(ops);
        WeightSource dense = dense();
        packings.put("16 bits", gateUp -> gateUp ? packer.packGateUp(dense) : packer.pack(dense));
        Map<String, QuantizedSource> sources = new LinkedHashMap<>();
        sources.put("e4m3 by row", e4m3(ScaleGrid.ROW, N));
        sources.put("e4m3 by block", e4m3(ScaleGrid.BLOCK_128, 2 * 4));
        sources.put("int8", source(new Quantization.Int8(scales(N)), 0xFF));
        sources.put("4 bits in groups", groups(4, 32));
        sources.put("8 bits in groups", groups(8, 64));
        sources.forEach(
                (name, source) -> packings.put(name, gateUp -> packer.pack(source, gateUp)));
        return packings;
    }

    private WeightSource dense() {
        byte[] bytes = new byte[2 * N * K];
        for (int i = 0; i < N * K; i++) {
            short bits = Halves.BF16.round((float) random.nextGaussian() * 0.1f);
            bytes[2 * i] = (byte) bits;
            bytes[2 * i + 1] = (byte) (bits >> 8);
        }
        return new WeightSource() {
            @Override
            public WeightFormat format() {
                return WeightFormat.BF16;
            }

            @Override
            public int n() {
                return N;
            }

            @Override
            public int k() {
                return K;
            }

            @Override
            public void readRows(int firstRow, int numRows, ByteBuffer target) {
                target.put(bytes, 2 * firstRow * K, 2 * numRows * K);
            }
        };
    }

    private QuantizedSource e4m3(ScaleGrid grid, int count) {
        // Magnitudes up to 30, so that nothing is NaN.
        return source(new Quantization.E4m3(grid, scales(count), 0), 0xDF);
    }

    private QuantizedSource groups(int bits, int groupSize) {
        int count = N * ((K + groupSize - 1) / groupSize);
        short[] scales = new short[count];
        short[] zeros = new short[count];
        for (int i = 0; i < count; i++) {
            scales[i] = Halves.F16.round(random.nextFloat() * 0.02f);
            zeros[i] = Halves.F16.round(random.nextInt(1 << bits));
        }
        Quantization.Groups groups =
                new Quantization.Groups(bits, groupSize, DType.F16, true, scales, zeros, null);
        return source(groups, (1 << bits) - 1);
    }

    private float[] scales(int count) {
        float[] scales = new float[count];
        for (int i = 0; i < count; i++) {
            scales[i] = 0.001f + 0.01f * random.nextFloat();
        }
        return scales;
    }

    private QuantizedSource source(Quantization quantization, int mask) {
        byte[] bytes = new byte[N * K];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) mask;
        }
        return source(quantization, bytes);
    }

    private static QuantizedSource source(Quantization quantization, byte[] bytes) {
        return new QuantizedSource() {
            @Override
            public Quantization quantization() {
                return quantization;
            }

            @Override
            public int n() {
                return N;
            }

            @Override
            public int k() {
                return K;
            }

            @Override
            public void readRows(int firstRow, int numRows, ByteBuffer target) {
                target.put(bytes, firstRow * K, numRows * K);
            }
        };
    }

    private void checkPlain(String name, Packing packing) {
        Weight weight = packing.pack(false);
        float[] expected = null;
        for (int tile = 0; tile < MOST_TILES; tile++) {
            Linear linear = new Linear(ops, new LinearInput(ops), choice(tile));
            for (int rows : ROWS) {
                Tensor out = ops.memory().allocate(DType.F32, rows, N, "test");
                linear.run(out, in, weight, null, rows);
                float[] actual = new float[rows * N];
                runtime.copyOut(out, actual.length, actual);
                ops.memory().buffers().release(out.buffer(), "test");
                expected = expected == null ? actual : expected;
                String what = name + ", tile " + tile + ", " + rows + " rows";
                check(actual, expected, what);
                checkArgmax(weight, tile, actual, what);
            }
        }
    }

    private void checkArgmax(Weight weight, int tile, float[] logits, String what) {
        int rows = logits.length / N;
        int[] expected = new int[rows];
        for (int i = 0; i < logits.length; i++) {
            int row = i / N;
            expected[row] = logits[i] > logits[row * N + expected[row]] ? i % N : expected[row];
        }
        Tensor tokenIds = ops.memory().allocate(DType.INT32, 1, rows, "test");
        new LinearArgmax(ops, new LinearInput(ops), choice(tile))
                .run(tokenIds, in, weight, 0, rows);
        int[] actual = new int[rows];
        runtime.copyOut(tokenIds, rows, actual);
        assertThat(actual).as("argmax of %s, seed %d", what, SEED).isEqualTo(expected);
    }

    private void checkGated(String name, Packing packing) {
        Weight weight = packing.pack(true);
        float[] expected = null;
        for (int tile = 0; tile < MOST_TILES; tile++) {
            GatedLinear linear = new GatedLinear(ops, new LinearInput(ops), choice(tile));
            for (int rows : ROWS) {
                Tensor out = ops.memory().allocate(DType.BF16, rows, N / 2, "test");
                linear.run(out, in, weight, null, Activation.SILU, rows);
                float[] actual = new float[rows * N / 2];
                runtime.copyOut(out, actual.length, actual);
                ops.memory().buffers().release(out.buffer(), "test");
                expected = expected == null ? actual : expected;
                check(actual, expected, name + ", gated, tile " + tile + ", " + rows + " rows");
            }
        }
    }

    private static LinearTile.Choice choice(int tile) {
        return (tiles, device, n, rows) -> tiles.get(Math.min(tile, tiles.size() - 1));
    }

    private static void check(float[] actual, float[] expected, String what) {
        assertThat(Arrays.equals(actual, Arrays.copyOf(expected, actual.length)))
                .as("%s, seed %d", what, SEED)
                .isTrue();
        assertThat(actual).as(what).doesNotContain(Float.NaN);
    }
}

package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.engine.TokenIds;
import dev.millrace.kernels.Activation;
import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Quantization;
import dev.millrace.kernels.QuantizedSource;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.TestingEmulator;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A decoder whose products quantise each token: its norms do that for them. */
class QuantizedDecoderTest {
    private static final long SEED = 20261126;
    private static final int LAYERS = 2;
    private static final int HIDDEN = 64;
    private static final int VOCAB = 128;
    private static final int ROWS = 3;
    private static final float EPSILON = 1e-5f;
    private static final ModelConfig CONFIG =
            new ModelConfig(
                    "llama",
                    HIDDEN,
                    2,
                    1,
                    32,
                    VOCAB,
                    64,
                    NormConfig.rms(EPSILON),
                    new AttentionConfig(0.2f, 0, false, false, AttentionConfig.QkNorm.NONE, false),
                    false,
                    Collections.nCopies(
                            LAYERS,
                            new LayerConfig(0, 0, new MlpConfig.Gated(96, Activation.SILU, false))),
                    List.of(new RopeConfig(10_000, 32, false, new RopeScaling.None())),
                    LayerNames.LLAMA_NAMES,
                    true,
                    1,
                    1,
                    0,
                    -1,
                    TokenIds.of(1));

    private final Random random = new Random(SEED);

    @BeforeEach
    void theEmulatorIsThere() {
        assumeTrue(TestingEmulator.isLoaded(), "the emulator was not built");
    }

    private static CudaKernels open() {
        KernelsConfig config =
                new KernelsConfig("cuda:0", 1, KernelsConfig.ComputePrecision.FLOAT32, DType.BF16);
        return (CudaKernels) Kernels.create(config);
    }

    /** Of four products a layer, those behind a norm cost no launch more; those behind attention and gate do. */
    @Test
    void normsQuantiseInTheirOwnLaunch() {
        assertThat(launches(true)).isEqualTo(launches(false) + 2 * LAYERS);
    }

    private long launches(boolean quantised) {
        try (CudaKernels kernels = open()) {
            Decoder decoder = decoder(kernels, quantised);
            KvCache cache = kernels.allocateKvCache(new KvShape(LAYERS, 2, 16, 1, 32));
            PackedBatch batch = batch(kernels);
            long before = kernels.kernelLaunches();
            Tensor states = decoder.forward(batch, cache);
            float[] values = new float[ROWS * HIDDEN];
            kernels.copyOut(states, values.length, values);
            assertThat(values).as("seed %d", SEED).doesNotContain(Float.NaN);
            assertThat(values[0]).isNotEqualTo(values[HIDDEN]);
            return kernels.kernelLaunches() - before;
        }
    }

    private static PackedBatch batch(Kernels kernels) {
        PackedBatch batch = new PackedBatch(kernels, ROWS, 1, 1);
        int[] positions = {0, 1, 2};
        kernels.copyIn(new int[] {5, 77, 100}, ROWS, batch.tokenIds());
        kernels.copyIn(positions, ROWS, batch.positions());
        kernels.copyIn(positions, ROWS, batch.slotMapping());
        kernels.copyIn(new int[] {0, ROWS}, 2, batch.cuSeqLens());
        kernels.copyIn(new int[] {ROWS}, 1, batch.contextLens());
        kernels.copyIn(new int[] {0}, 1, batch.blockTables());
        batch.resize(ROWS, 1, ROWS);
        return batch;
    }

    private Decoder decoder(Kernels kernels, boolean quantised) {
        float[] ones = new float[HIDDEN];
        Arrays.fill(ones, 1);
        Tensor normWeight = kernels.allocate(DType.F32, 1, HIDDEN, "weights");
        kernels.copyIn(ones, HIDDEN, normWeight);
        Norm norm = new Norm.Rms(normWeight, EPSILON);
        Tensor angles = kernels.allocate(DType.F32, 64, 16, "weights");
        MlpWeights mlp =
                new MlpWeights.Gated(
                        quantised
                                ? kernels.packGateUp(bytes(192, HIDDEN))
                                : kernels.packGateUp(halves(192, HIDDEN)),
                        null,
                        Activation.SILU,
                        new LinearLayer(weight(kernels, HIDDEN, 96, quantised), null));
        LayerWeights layer =
                new LayerWeights(
                        norm,
                        List.of(new LinearLayer(weight(kernels, 128, HIDDEN, quantised), null)),
                        null,
                        null,
                        null,
                        new Rope(angles, angles, 32, false),
                        new LinearLayer(weight(kernels, HIDDEN, 64, quantised), null),
                        null,
                        norm,
                        mlp,
                        null);
        Weight embedding = kernels.pack(halves(VOCAB, HIDDEN));
        DecoderWeights weights =
                new DecoderWeights(embedding, Collections.nCopies(LAYERS, layer), norm, embedding);
        return new Decoder(CONFIG, kernels, weights, ROWS);
    }

    private Weight weight(Kernels kernels, int n, int k, boolean quantised) {
        return quantised ? kernels.pack(bytes(n, k)) : kernels.pack(halves(n, k));
    }

    private QuantizedSource bytes(int n, int k) {
        byte[] data = new byte[n * k];
        random.nextBytes(data);
        float[] scales = new float[n];
        Arrays.fill(scales, 0.002f);
        return new QuantizedSource() {
            @Override
            public Quantization quantization() {
                return new Quantization.Int8(scales);
            }

            @Override
            public int n() {
                return n;
            }

            @Override
            public int k() {
                return k;
            }

            @Override
            public void readRows(int firstRow, int numRows, ByteBuffer target) {
                target.put(data, firstRow * k, numRows * k);
            }
        };
    }

    /** bf16 of magnitudes from 1/8 to 1/4. */
    private WeightSource halves(int n, int k) {
        byte[] data = new byte[2 * n * k];
        for (int i = 0; i < data.length; i += 2) {
            data[i] = (byte) random.nextInt(128);
            data[i + 1] = (byte) (0x3E | random.nextInt(2) << 7);
        }
        return new WeightSource() {
            @Override
            public WeightFormat format() {
                return WeightFormat.BF16;
            }

            @Override
            public int n() {
                return n;
            }

            @Override
            public int k() {
                return k;
            }

            @Override
            public void readRows(int firstRow, int numRows, ByteBuffer target) {
                target.put(data, 2 * firstRow * k, 2 * numRows * k);
            }
        };
    }
}

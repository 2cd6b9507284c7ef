package dev.millrace.engine.model;

import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.AttentionConfig.QkNorm;
import dev.millrace.kernels.Activation;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.synthetic.ModelShape;
import dev.millrace.kernels.synthetic.SeededQuantized;
import dev.millrace.kernels.synthetic.SeededWeight;
import dev.millrace.kernels.synthetic.WeightKind;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A decoder of a real model's shape with weights made from a seed, for measurements. One layer's weights stand for those of all
 * layers: a layer is larger than any cache, so that it is read from memory each time, and a model loads in seconds.
 */
public final class SyntheticDecoder {
    private static final int LLAMA_8B_LAYERS = 32;
    private static final long SEED = 23;
    private static final float EPSILON = 1e-5f;

    private final Kernels kernels;
    private final ModelConfig config;
    private final WeightKind kind;
    private long seed = SEED;

    private SyntheticDecoder(Kernels kernels, ModelConfig config, WeightKind kind) {
        this.kernels = kernels;
        this.config = config;
        this.kind = kind;
    }

    /** The configuration of Llama-3.1-8B, for sequences up to {@code maxModelLen}. Source: its config.json. */
    public static ModelConfig llama8b(int maxModelLen) {
        return config(ModelShape.LLAMA_8B, LLAMA_8B_LAYERS, maxModelLen);
    }

    /** A Llama of any shape. */
    public static ModelConfig config(ModelShape shape, int numLayers, int maxModelLen) {
        MlpConfig mlp = new MlpConfig.Gated(shape.intermediate(), Activation.SILU, false);
        float scale = (float) (1 / Math.sqrt(shape.headDim()));
        return new ModelConfig(
                "llama",
                shape.hidden(),
                shape.heads(),
                shape.kvHeads(),
                shape.headDim(),
                shape.vocab(),
                maxModelLen,
                NormConfig.rms(EPSILON),
                new AttentionConfig(scale, 0, false, false, QkNorm.NONE, false),
                false,
                Collections.nCopies(numLayers, new LayerConfig(0, 0, mlp)),
                List.of(new RopeConfig(500_000, shape.headDim(), false, new RopeScaling.None())),
                LayerNames.LLAMA_NAMES,
                false,
                1,
                1,
                0,
                -1,
                TokenIds.of(shape.vocab() - 1));
    }

    /** Memory that the weights of such a model take when every layer has its own. */
    public static long weightBytes(ModelConfig config, WeightKind kind) {
        long dense = 2L * 2 * config.vocabSize() * config.hiddenSize();
        return dense + config.numLayers() * layerBytes(config, kind);
    }

    private static long layerBytes(ModelConfig config, WeightKind kind) {
        long hidden = config.hiddenSize();
        long queries = (long) config.numHeads() * config.headDim();
        long keys = (long) config.numKvHeads() * config.headDim();
        long elements = hidden * (2 * queries + 2 * keys) + 3 * hidden * inner(config);
        return switch (kind) {
            case DENSE -> 2 * elements;
            case FP8, FP8_BLOCKS, INT8 -> elements;
            // Scale and zero point of 16 bits for each 128.
            case W4A16 -> elements / 2 + elements / 32;
            case W8A16 -> elements + elements / 32;
        };
    }

    /** Its decoder for up to {@code maxTokens} token rows; quantised weights in the layers, dense ones around them. */
    public static Decoder load(
            ModelConfig config, Kernels kernels, WeightKind kind, int maxTokens) {
        SyntheticDecoder decoder = new SyntheticDecoder(kernels, config, kind);
        return new Decoder(config, kernels, decoder.weights(), maxTokens);
    }

    private static int inner(ModelConfig config) {
        return config.layers().get(0).mlp().size();
    }

    private DecoderWeights weights() {
        int hidden = config.hiddenSize();
        Norm norm = new Norm.Rms(ones(1, hidden), EPSILON);
        int queries = config.numHeads() * config.headDim();
        int keys = config.numKvHeads() * config.headDim();
        int inner = inner(config);
        LayerWeights layer =
                new LayerWeights(
                        norm,
                        List.of(new LinearLayer(pack(queries + 2 * keys, hidden), null)),
                        null,
                        null,
                        null,
                        rope(),
                        new LinearLayer(pack(hidden, queries), null),
                        null,
                        norm,
                        new MlpWeights.Gated(
                                packGateUp(2 * inner, hidden),
                                null,
                                Activation.SILU,
                                new LinearLayer(pack(hidden, inner), null)),
                        null);
        Weight embedding = kernels.pack(dense(config.vocabSize(), hidden));
        List<LayerWeights> layers = Collections.nCopies(config.numLayers(), layer);
        return new DecoderWeights(embedding, layers, norm, embedding);
    }

    /** Angles do not matter to time. */
    private Rope rope() {
        int half = config.headDim() / 2;
        Tensor table = ones(config.maxPositionEmbeddings(), half);
        return new Rope(table, table, config.headDim(), false);
    }

    private Tensor ones(int rows, int columns) {
        float[] values = new float[rows * columns];
        Arrays.fill(values, 1);
        Tensor tensor = kernels.allocate(DType.F32, rows, columns, "weights");
        kernels.copyIn(values, values.length, tensor);
        return tensor;
    }

    private SeededWeight dense(int n, int k) {
        DType precision = kernels.activationType() == DType.F16 ? DType.F16 : DType.BF16;
        return new SeededWeight(precision, n, k, seed++);
    }

    private Weight pack(int n, int k) {
        return kind == WeightKind.DENSE
                ? kernels.pack(dense(n, k))
                : kernels.pack(new SeededQuantized(kind, n, k, seed++));
    }

    private Weight packGateUp(int n, int k) {
        return kind == WeightKind.DENSE
                ? kernels.packGateUp(dense(n, k))
                : kernels.packGateUp(new SeededQuantized(kind, n, k, seed++));
    }
}

package dev.millrace.engine.model;

import dev.millrace.engine.TokenIds;
import dev.millrace.kernels.Activation;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.WeightSource;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;

/** A decoder of a real model's shape without its weights: zeros, and one layer's memory for all layers. */
public final class DummyDecoder {
    private DummyDecoder() {}

    /** The shape of Llama-3.1-8B, for sequences up to {@code maxModelLen}. Source: its config.json. */
    public static ModelConfig llama8b(int maxModelLen) {
        return new ModelConfig(
                "llama",
                4096,
                14336,
                32,
                32,
                8,
                128,
                128256,
                maxModelLen,
                1e-5f,
                Activation.SILU,
                true,
                false,
                false,
                false,
                false,
                Collections.nCopies(32, 0),
                (float) (1 / Math.sqrt(128)),
                0,
                0,
                1,
                new RopeConfig(500_000, 128, new RopeScaling.None()),
                -1,
                TokenIds.of(128001));
    }

    /** Its decoder for up to {@code maxTokens} token rows. */
    public static Decoder load(ModelConfig config, Kernels kernels, int maxTokens) {
        int hidden = config.hiddenSize();
        int queries = config.numHeads() * config.headDim();
        int keys = config.numKvHeads() * config.headDim();
        Tensor norm = kernels.allocate(DType.F32, 1, hidden, "weights");
        LayerWeights layer =
                new LayerWeights(
                        norm,
                        List.of(linear(kernels, queries + 2 * keys, hidden)),
                        null,
                        null,
                        linear(kernels, hidden, queries),
                        norm,
                        kernels.packGateUp(zeros(2 * config.intermediateSize(), hidden)),
                        null,
                        linear(kernels, hidden, config.intermediateSize()));
        Weight embedding = kernels.pack(zeros(config.vocabSize(), hidden));
        int half = config.headDim() / 2;
        Rope rope =
                new Rope(
                        kernels.allocate(
                                DType.F32, config.maxPositionEmbeddings(), half, "weights"),
                        kernels.allocate(
                                DType.F32, config.maxPositionEmbeddings(), half, "weights"),
                        config.headDim(),
                        false);
        DecoderWeights weights =
                new DecoderWeights(
                        embedding,
                        Collections.nCopies(config.numLayers(), layer),
                        norm,
                        embedding,
                        rope);
        return new Decoder(config, kernels, weights, maxTokens);
    }

    private static LinearLayer linear(Kernels kernels, int n, int k) {
        return new LinearLayer(kernels.pack(zeros(n, k)), null);
    }

    private static WeightSource zeros(int n, int k) {
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
                target.put(new byte[(int) (numRows * format().rowBytes(k))]);
            }
        };
    }
}

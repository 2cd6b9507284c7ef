package dev.millrace.kernels.cuda;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Attention over a paged cache: decode of sequences with one token, and prefill. */
final class AttentionCases {
    private static final int TILE = 64;
    private static final int BLOCK = 16;
    private static final int GROUP = 4;

    private AttentionCases() {}

    /** {@code queries}: of each sequence the last tokens, which are in the step. */
    private record Shape(String name, int dim, int kvHeads, int[] contexts, int queries) {
        int rows() {
            return contexts.length * queries;
        }
    }

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (boolean quantized : new boolean[] {false, true}) {
            for (int dim : new int[] {32, 64, 96, 128, 256}) {
                all.add(
                        of(
                                new Shape("decode-d" + dim, dim, 2, new int[] {512, 512}, 1),
                                quantized));
                all.add(of(new Shape("prefill-d" + dim, dim, 2, new int[] {128}, 128), quantized));
            }
            all.add(of(new Shape("decode-splits", 128, 1, new int[] {1536, 1100}, 1), quantized));
            all.add(of(new Shape("prefill-splits", 128, 1, new int[] {1040}, 20), quantized));
            all.add(of(new Shape("decode-short", 128, 1, new int[] {256}, 1), quantized));
            all.add(of(new Shape("decode-long", 128, 1, new int[] {512}, 1), quantized));
            all.add(of(new Shape("prefill-short", 128, 1, new int[] {256}, 16), quantized));
            all.add(of(new Shape("prefill-long", 128, 1, new int[] {512}, 16), quantized));
        }
        all.add(plan());
        return all;
    }

    private static KernelCase of(Shape shape, boolean quantized) {
        boolean prefill = shape.queries > 1;
        String types = quantized ? "BF16_E4M3" : "BF16";
        EntryPoint entry =
                EntryPoint.valueOf(
                        "ATTENTION_%s_%s_D%d"
                                .formatted(prefill ? "PREFILL" : "DECODE", types, shape.dim));
        String name = "attention-%s%s".formatted(quantized ? "e4m3-" : "", shape.name);
        return new KernelCase(
                name,
                entry,
                KernelCase.EVERYWHERE,
                minimum(shape, quantized),
                useful(shape),
                promised(shape),
                device -> run(device, shape, quantized));
    }

    private static KernelCase.Minimum minimum(Shape shape, boolean quantized) {
        long keys = Arrays.stream(shape.contexts).sum();
        long rowBytes = (long) shape.kvHeads * shape.dim;
        return KernelCase.Minimum.of(
                2 * keys * rowBytes * (quantized ? 1 : 2),
                "keys and values",
                2L * 2 * shape.rows() * GROUP * rowBytes,
                "q and out",
                keys / BLOCK * 4,
                "block tables");
    }

    /** Pairs of a row and a key that it sees: two products over the head's dimensions. */
    private static long useful(Shape shape) {
        long pairs = 0;
        for (int context : shape.contexts) {
            for (int position = context - shape.queries; position < context; position++) {
                pairs += position + 1;
            }
        }
        return pairs * GROUP * shape.kvHeads * 4 * shape.dim;
    }

    /**
     * Tiles of 16 (decode), 64 or, for heads of 256, 32 rows by 64 keys. Beside the two products each of the four warps multiplies
     * 16 rows of weights with 8 columns of ones.
     */
    private static long promised(Shape shape) {
        long decodeRows = AttentionEntries.DECODE_ROWS;
        long tileRows = shape.queries == 1 ? decodeRows : shape.dim == 256 ? 32 : 64;
        long flops = 0;
        for (int context : shape.contexts) {
            long rows = (long) shape.queries * GROUP;
            for (long first = 0; first < rows; first += tileRows) {
                long last =
                        context - shape.queries + (Math.min(first + tileRows, rows) - 1) / GROUP;
                long tiles = last / TILE + 1;
                flops += tiles * TILE * (tileRows * 4 * shape.dim + 4 * 16 * 8 * 2);
            }
        }
        return flops * shape.kvHeads;
    }

    private static void run(CountingDevice device, Shape shape, boolean quantized) {
        int longest = Arrays.stream(shape.contexts).max().orElseThrow();
        int blocks = (longest + BLOCK - 1) / BLOCK;
        try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
            KvShape kv =
                    new KvShape(1, shape.contexts.length * blocks, BLOCK, shape.kvHeads, shape.dim);
            KvCache cache = quantized ? e4m3(kernels, kv) : kernels.allocateKvCache(kv);
            store(device, kernels, cache, shape, blocks);
            int[] queries = new int[shape.contexts.length];
            Arrays.fill(queries, shape.queries);
            PackedBatch batch = CountingDevice.batch(kernels, shape.contexts, queries, blocks);
            int columns = GROUP * shape.kvHeads * shape.dim;
            Tensor q = device.filled(kernels, CountingDevice.A, shape.rows(), columns);
            Tensor out = kernels.allocate(CountingDevice.A, shape.rows(), columns, "test");
            AttentionParams params =
                    new AttentionParams(
                            GROUP * shape.kvHeads, shape.kvHeads, shape.dim, 0.1f, 0, 0);
            device.count(kernels, () -> kernels.attention(out, q, cache, 0, batch, params));
        }
    }

    /** More sequences than the block has threads, with one and with many splits. */
    private static KernelCase plan() {
        int seqs = 300;
        return KernelCase.of(
                "attention-plan",
                EntryPoint.ATTENTION_PLAN,
                KernelCase.Minimum.of(8L * seqs, "lengths", 16L * seqs, "items"),
                device -> {
                    try (CudaRuntime runtime = CudaRuntime.open(CountingDevice.CONFIG)) {
                        CudaOps ops = runtime.ops();
                        int[] starts = new int[seqs + 1];
                        int[] lengths = new int[seqs];
                        for (int s = 0; s < seqs; s++) {
                            starts[s + 1] = starts[s] + (s % 3 == 0 ? 9 : 1);
                            lengths[s] = 40 + s * 8;
                        }
                        Tensor cuSeqLens = ints(runtime, starts);
                        Tensor contextLens = ints(runtime, lengths);
                        Tensor plans = ops.memory().allocate(DType.INT32, 2, 8192, "test");
                        runtime.prepareLaunch();
                        device.count(
                                runtime::synchronize,
                                () ->
                                        ops.launcher()
                                                .begin(EntryPoint.ATTENTION_PLAN)
                                                .address(plans.address())
                                                .address(plans.address() + 4 * 8192)
                                                .tensor(cuSeqLens)
                                                .tensor(contextLens)
                                                .int32(seqs)
                                                .int32(4)
                                                .int32(64)
                                                .int32(700)
                                                .run(1, 256));
                    }
                });
    }

    private static Tensor ints(CudaRuntime runtime, int[] values) {
        Tensor tensor = runtime.ops().memory().allocate(DType.INT32, 1, values.length, "test");
        runtime.copyIn(values, values.length, tensor);
        return tensor;
    }

    private static void store(
            CountingDevice device, Kernels kernels, KvCache cache, Shape shape, int blocks) {
        PackedBatch all = CountingDevice.batch(kernels, shape.contexts, shape.contexts, blocks);
        int columns = shape.kvHeads * shape.dim;
        int tokens = all.numTokens();
        Tensor q = device.filled(kernels, CountingDevice.A, tokens, GROUP * columns);
        Tensor k = device.filled(kernels, CountingDevice.A, tokens, columns);
        Tensor v = device.filled(kernels, CountingDevice.A, tokens, columns);
        kernels.ropeAndStoreKv(q, k, v, null, all, cache, 0);
        kernels.synchronize();
    }

    static KvCache e4m3(Kernels kernels, KvShape shape) {
        int length = shape.numBlocks() * shape.blockElements();
        Buffer keys = kernels.allocate(DType.F8_E4M3, 1, length, "test").buffer();
        Buffer values = kernels.allocate(DType.F8_E4M3, 1, length, "test").buffer();
        float[] scales = new float[shape.numKvHeads()];
        Arrays.fill(scales, 0.01f);
        Tensor keyScales = kernels.allocate(DType.F32, 1, scales.length, "test");
        Tensor valueScales = kernels.allocate(DType.F32, 1, scales.length, "test");
        kernels.copyIn(scales, scales.length, keyScales);
        kernels.copyIn(scales, scales.length, valueScales);
        return new KvCache(
                shape, List.of(keys), List.of(values), List.of(keyScales), List.of(valueScales));
    }
}

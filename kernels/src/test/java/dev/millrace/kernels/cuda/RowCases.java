package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Rope;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.TestingWeight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.cuda.KernelCase.Minimum;
import java.util.List;

/** Norms, rotary embedding and KV write, quantisation and the rest that goes row by row, at the sizes of Llama-3.1-8B. */
final class RowCases {
    private static final int ROWS = 4;
    private static final int E = 4096;
    private static final int F = 14336;
    private static final int HEADS = 32;
    private static final int KV_HEADS = 8;
    private static final int DIM = 128;
    private static final float EPSILON = 1e-5f;

    private RowCases() {}

    static List<KernelCase> all() {
        return List.of(
                embed(),
                rmsNorm(),
                addRmsNorm(),
                headRmsNorm(),
                ropeAndStoreKv(false),
                ropeAndStoreKv(true),
                quantize("quantize-int8-4096", EntryPoint.QUANTIZE_INT8_BF16, E, false),
                quantize("quantize-int8-14336", EntryPoint.QUANTIZE_INT8_BF16, F, false),
                quantize("quantize-e4m3-4096", EntryPoint.QUANTIZE_E4M3_BF16, E, false),
                quantize("quantize-e4m3-14336", EntryPoint.QUANTIZE_E4M3_BF16, F, false),
                quantize("quantize-e4m3-groups", EntryPoint.QUANTIZE_E4M3_GROUPS_BF16, E, true),
                gatherRows(),
                softCap(),
                tokenLogprobs());
    }

    private static KernelCase embed() {
        return KernelCase.of(
                "embed",
                EntryPoint.EMBED_BF16,
                Minimum.of(2L * ROWS * E, "table rows", 4L * ROWS * E, "out", 4L * ROWS, "ids"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        var table =
                                kernels.pack(
                                        TestingWeight.random(
                                                WeightFormat.BF16, 256, E, device.random()));
                        PackedBatch batch = new PackedBatch(kernels, ROWS, 1, 1);
                        batch.resize(ROWS, 1, ROWS);
                        kernels.copyIn(new int[] {3, 250, 70, 129}, ROWS, batch.tokenIds());
                        Tensor out = kernels.allocate(DType.F32, ROWS, E, "test");
                        device.count(kernels, () -> kernels.embed(out, batch, table, 1));
                    }
                });
    }

    private static KernelCase rmsNorm() {
        return KernelCase.of(
                "norm-rms",
                EntryPoint.RMS_NORM_BF16,
                Minimum.of(4L * ROWS * E, "in", 2L * ROWS * E, "out", 4L * E, "weight"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        Tensor in = device.filled(kernels, DType.F32, ROWS, E);
                        Tensor weight = device.filled(kernels, DType.F32, 1, E);
                        Tensor out = kernels.allocate(CountingDevice.A, ROWS, E, "test");
                        device.count(
                                kernels, () -> kernels.rmsNorm(out, in, weight, EPSILON, ROWS));
                    }
                });
    }

    private static KernelCase addRmsNorm() {
        return KernelCase.of(
                "norm-add-rms",
                EntryPoint.ADD_RMS_NORM_BF16,
                Minimum.of(
                        8L * ROWS * E,
                        "residual, read and written",
                        2L * ROWS * E,
                        "delta",
                        2L * ROWS * E,
                        "out",
                        4L * E,
                        "weight"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        Tensor residual = device.filled(kernels, DType.F32, ROWS, E);
                        Tensor delta = device.filled(kernels, CountingDevice.A, ROWS, E);
                        Tensor weight = device.filled(kernels, DType.F32, 1, E);
                        Tensor out = kernels.allocate(CountingDevice.A, ROWS, E, "test");
                        device.count(
                                kernels,
                                () ->
                                        kernels.addRmsNorm(
                                                out, residual, delta, weight, EPSILON, ROWS));
                    }
                });
    }

    private static KernelCase headRmsNorm() {
        long columns = (long) HEADS * DIM;
        return KernelCase.of(
                "norm-head-rms",
                EntryPoint.HEAD_RMS_NORM_BF16,
                Minimum.of(4L * ROWS * columns, "heads, read and written", 4L * DIM, "weight"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        Tensor heads = device.filled(kernels, CountingDevice.A, ROWS, HEADS * DIM);
                        Tensor weight = device.filled(kernels, DType.F32, 1, DIM);
                        device.count(
                                kernels, () -> kernels.headRmsNorm(heads, weight, EPSILON, ROWS));
                    }
                });
    }

    private static KernelCase ropeAndStoreKv(boolean quantized) {
        long kv = (long) ROWS * KV_HEADS * DIM;
        return KernelCase.of(
                quantized ? "rope-store-kv-e4m3" : "rope-store-kv",
                quantized ? EntryPoint.ROPE_STORE_KV_BF16_E4M3 : EntryPoint.ROPE_STORE_KV_BF16,
                Minimum.of(
                        4L * ROWS * HEADS * DIM,
                        "q, read and written",
                        4 * kv,
                        "k and v",
                        2 * kv * (quantized ? 1 : 2),
                        "cache",
                        4L * ROWS * DIM,
                        "cos and sin",
                        8L * ROWS,
                        "positions and slots"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        KvShape shape = new KvShape(1, 2, 16, KV_HEADS, DIM);
                        KvCache cache =
                                quantized
                                        ? AttentionCases.e4m3(kernels, shape)
                                        : kernels.allocateKvCache(shape);
                        PackedBatch batch =
                                CountingDevice.batch(kernels, new int[] {20}, new int[] {ROWS}, 2);
                        Rope rope =
                                new Rope(
                                        device.filled(kernels, DType.F32, 32, DIM / 2),
                                        device.filled(kernels, DType.F32, 32, DIM / 2),
                                        DIM,
                                        false);
                        Tensor q = device.filled(kernels, CountingDevice.A, ROWS, HEADS * DIM);
                        Tensor k = device.filled(kernels, CountingDevice.A, ROWS, KV_HEADS * DIM);
                        Tensor v = device.filled(kernels, CountingDevice.A, ROWS, KV_HEADS * DIM);
                        device.count(
                                kernels,
                                () -> kernels.ropeAndStoreKv(q, k, v, rope, batch, cache, 0));
                    }
                });
    }

    private static KernelCase quantize(String name, EntryPoint entry, int k, boolean groups) {
        long scales = groups ? 4L * ROWS * k / 128 : 4L * ROWS;
        return KernelCase.of(
                name,
                entry,
                Minimum.of(2L * ROWS * k, "in", (long) ROWS * k, "out", scales, "scales"),
                device -> {
                    try (CudaRuntime runtime = CudaRuntime.open(CountingDevice.CONFIG)) {
                        CudaOps ops = runtime.ops();
                        Tensor in = ops.memory().allocate(CountingDevice.A, ROWS, k, "test");
                        runtime.copyIn(device.numbers(ROWS * k), ROWS * k, in);
                        runtime.prepareLaunch();
                        LinearInput input = new LinearInput(ops);
                        device.count(
                                runtime::synchronize,
                                () -> {
                                    if (entry == EntryPoint.QUANTIZE_INT8_BF16) {
                                        input.toInt8(in, ROWS);
                                    } else {
                                        input.toE4m3(in, groups, null, ROWS);
                                    }
                                });
                    }
                });
    }

    private static KernelCase gatherRows() {
        return KernelCase.of(
                "gather-rows",
                EntryPoint.GATHER_ROWS,
                Minimum.of(4L * ROWS * E, "rows, read and written", 4L * ROWS, "indexes"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        Tensor in = device.filled(kernels, CountingDevice.A, 9, E);
                        Tensor out = kernels.allocate(CountingDevice.A, ROWS, E, "test");
                        Tensor indexes = CountingDevice.ints(kernels, 8, 1, 5, 3);
                        device.count(kernels, () -> kernels.gatherRows(out, in, indexes, ROWS));
                    }
                });
    }

    private static KernelCase softCap() {
        return KernelCase.of(
                "soft-cap",
                EntryPoint.SOFT_CAP,
                Minimum.of(8L * ROWS * E, "logits, read and written"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        Tensor logits = device.filled(kernels, DType.F32, ROWS, E);
                        device.count(kernels, () -> kernels.softCap(logits, 30, ROWS));
                    }
                });
    }

    private static KernelCase tokenLogprobs() {
        return KernelCase.of(
                "token-logprobs",
                EntryPoint.TOKEN_LOGPROBS,
                Minimum.of(4L * ROWS * E, "logits", 8L * ROWS, "targets and out"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        Tensor logits = device.filled(kernels, DType.F32, ROWS, E);
                        Tensor targets = CountingDevice.ints(kernels, 8, 1, 5, 3);
                        Tensor out = kernels.allocate(DType.F32, 1, ROWS, "test");
                        device.count(
                                kernels, () -> kernels.tokenLogprobs(out, logits, targets, ROWS));
                    }
                });
    }
}

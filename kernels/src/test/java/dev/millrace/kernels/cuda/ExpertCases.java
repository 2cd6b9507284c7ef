package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.ExpertRouting;
import dev.millrace.kernels.ExpertWeight;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.TestingWeight;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import dev.millrace.kernels.cuda.KernelCase.Minimum;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Routed experts: the products of each tile, with every expert's rows filling its tiles, and what stands around them. */
final class ExpertCases {
    private static final int EXPERTS = 4;
    private static final int N = 128;
    private static final int K = 384;

    private ExpertCases() {}

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>(List.of(choose(), sort(), combine()));
        for (LinearTile tile : LinearTile.EXPERTS) {
            all.add(product(tile, false));
            all.add(product(tile, true));
        }
        return all;
    }

    private static KernelCase product(LinearTile tile, boolean gated) {
        String kind = gated ? "EXPERT_GATED_LINEAR_BF16_" : "EXPERT_LINEAR_BF16_";
        int rows = EXPERTS * tile.tokens();
        int columns = gated ? N / 2 : N;
        long flops = 2L * rows * N * K;
        return new KernelCase(
                "experts-" + tile.suffix().toLowerCase(Locale.ROOT) + (gated ? "-gated" : ""),
                EntryPoint.valueOf(kind + tile.suffix()),
                KernelCase.EVERYWHERE,
                Minimum.of(
                        2L * EXPERTS * N * K,
                        "weights",
                        2L * rows * K,
                        "in",
                        2L * rows * columns,
                        "out",
                        12L * EXPERTS + 4,
                        "starts and addresses"),
                flops,
                flops,
                device -> runProduct(device, rows, columns, gated));
    }

    private static void runProduct(CountingDevice device, int rows, int columns, boolean gated) {
        try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
            List<Weight> experts = new ArrayList<>();
            for (int e = 0; e < EXPERTS; e++) {
                TestingWeight source =
                        TestingWeight.random(WeightFormat.BF16, N, K, device.random());
                experts.add(gated ? kernels.packGateUp(source) : kernels.pack(source));
            }
            ExpertWeight weight = kernels.group(experts);
            ExpertRouting routing = new ExpertRouting(kernels, rows, EXPERTS, 1);
            kernels.routeExperts(routing, inTurn(kernels, rows), true, rows);
            Tensor in = device.filled(kernels, CountingDevice.A, rows, K);
            Tensor out = kernels.allocate(CountingDevice.A, rows, columns, "test");
            device.count(
                    kernels,
                    () -> {
                        if (gated) {
                            kernels.expertGatedLinear(
                                    out, in, weight, null, Activation.SILU, routing, rows);
                        } else {
                            kernels.expertLinear(out, in, weight, null, routing, rows);
                        }
                    });
        }
    }

    /** Logits that send token t to expert t mod {@link #EXPERTS}. */
    private static Tensor inTurn(Kernels kernels, int rows) {
        float[] logits = new float[rows * EXPERTS];
        for (int t = 0; t < rows; t++) {
            logits[t * EXPERTS + t % EXPERTS] = 1;
        }
        Tensor tensor = kernels.allocate(DType.F32, rows, EXPERTS, "test");
        kernels.copyIn(logits, logits.length, tensor);
        return tensor;
    }

    private static KernelCase choose() {
        long rows = 64;
        return KernelCase.of(
                "experts-choose",
                EntryPoint.CHOOSE_EXPERTS,
                Minimum.of(4 * rows * 128, "logits", 8 * rows * 8, "choices and weights"),
                device -> route(device, (int) rows));
    }

    private static KernelCase sort() {
        long choices = 64 * 8;
        return KernelCase.of(
                "experts-sort",
                EntryPoint.SORT_BY_EXPERT,
                Minimum.of(
                        4 * choices, "choices", 8 * choices, "rows and tokens", 4 * 129, "starts"),
                device -> route(device, 64));
    }

    /** To 8 of 128 experts. */
    private static void route(CountingDevice device, int rows) {
        try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
            ExpertRouting routing = new ExpertRouting(kernels, rows, 128, 8);
            Tensor logits = device.filled(kernels, DType.F32, rows, 128);
            device.count(kernels, () -> kernels.routeExperts(routing, logits, true, rows));
        }
    }

    private static KernelCase combine() {
        int rows = 4;
        int perToken = 2;
        int columns = 4096;
        long choices = (long) rows * perToken;
        return KernelCase.of(
                "experts-combine",
                EntryPoint.COMBINE_EXPERTS_BF16,
                Minimum.of(
                        2 * choices * columns,
                        "in",
                        2L * rows * columns,
                        "out",
                        8 * choices,
                        "rows and weights"),
                device -> {
                    try (Kernels kernels = Kernels.create(CountingDevice.CONFIG)) {
                        ExpertRouting routing = new ExpertRouting(kernels, rows, EXPERTS, perToken);
                        kernels.routeExperts(routing, inTurn(kernels, rows), true, rows);
                        Tensor in =
                                device.filled(kernels, CountingDevice.A, rows * perToken, columns);
                        Tensor out = kernels.allocate(CountingDevice.A, rows, columns, "test");
                        device.count(kernels, () -> kernels.combineExperts(out, in, routing, rows));
                    }
                });
    }
}

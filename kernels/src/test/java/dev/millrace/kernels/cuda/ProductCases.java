package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Every tile of every matrix product, plain and gated, at four shapes: one block with 4 and with 8 tiles of k, from which the cost
 * of a block follows; 2 x 2 blocks, to which the gates apply; and one block that is little more than half full of tokens.
 */
final class ProductCases {
    private ProductCases() {}

    /** Blocks along outputs, tokens, tiles of k. */
    record Shape(String name, int blocks, int tokens, int tilesOfK) {}

    static final String GATE = "gate";
    static final String SHORT = "short";
    static final String LONG = "long";
    static final String HALF = "half";

    static List<KernelCase> all() {
        List<KernelCase> all = new ArrayList<>();
        for (ProductKind kind : ProductKind.values()) {
            for (LinearTile tile : kind.tiles()) {
                for (boolean gated : new boolean[] {false, true}) {
                    for (Shape shape : shapes(tile)) {
                        all.add(of(kind, tile, gated, shape));
                    }
                }
            }
        }
        return all;
    }

    private static List<Shape> shapes(LinearTile tile) {
        return List.of(
                new Shape(SHORT, 1, tile.tokens(), 4),
                new Shape(LONG, 1, tile.tokens(), 8),
                new Shape(GATE, 2, 2 * tile.tokens(), 6),
                new Shape(HALF, 1, tile.tokens() / 2 + 1, 4));
    }

    /** Without the shape's name. */
    static String name(ProductKind kind, LinearTile tile, boolean gated) {
        String name = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
        return "linear-%s-%s%s"
                .formatted(name, tile.suffix().toLowerCase(Locale.ROOT), gated ? "-gated" : "");
    }

    private static KernelCase of(ProductKind kind, LinearTile tile, boolean gated, Shape shape) {
        int n = shape.blocks * tile.outputs();
        int k = shape.tilesOfK * kind.tileK();
        int rows = shape.tokens;
        long paddedRows = (rows + tile.tokens() - 1L) / tile.tokens() * tile.tokens();
        return new KernelCase(
                name(kind, tile, gated) + "-" + shape.name,
                kind.entry(tile, gated),
                kind.architectures(),
                kind.minimum(rows, n, k, gated),
                2L * rows * n * k,
                2L * paddedRows * n * k,
                device -> run(device, kind, tile, gated, rows, n, k));
    }

    private static void run(
            CountingDevice device,
            ProductKind kind,
            LinearTile tile,
            boolean gated,
            int rows,
            int n,
            int k) {
        try (CudaRuntime runtime = CudaRuntime.open(CountingDevice.CONFIG)) {
            CudaOps ops = CountingDevice.posing(runtime.ops(), kind.capability());
            Weight weight = kind.pack(ops, n, k, gated, device.random());
            Tensor in = ops.memory().allocate(CountingDevice.A, rows, k, "test");
            runtime.copyIn(device.numbers(rows * k), rows * k, in);
            int columns = gated ? n / 2 : n;
            Tensor out = ops.memory().allocate(CountingDevice.A, rows, columns, "test");
            runtime.prepareLaunch();
            LinearInput input = new LinearInput(ops);
            LinearTile.Choice choice = (tiles, on, outputs, tokens) -> tile;
            device.count(
                    runtime::synchronize,
                    () -> {
                        if (gated) {
                            new GatedLinear(ops, input, choice)
                                    .run(out, in, weight, null, Activation.SILU, rows);
                        } else {
                            new Linear(ops, input, choice).run(out, in, weight, null, rows);
                        }
                    });
        }
    }
}

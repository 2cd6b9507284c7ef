package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Quantization.ScaleGrid;
import dev.millrace.kernels.TestingQuantized;
import dev.millrace.kernels.TestingWeight;
import dev.millrace.kernels.Weight;
import dev.millrace.kernels.WeightFormat;
import java.util.List;
import java.util.Random;

/** A kind of weight on a kind of tensor core; activations are bfloat16. */
enum ProductKind {
    BF16(80, "LINEAR_BF16", 16, LinearTile.DENSE),
    INT8(80, "LINEAR_INT8", 8, LinearTile.INT8),
    E4M3(89, "LINEAR_E4M3", 8, LinearTile.E4M3),
    E4M3_BLOCKS(89, "LINEAR_E4M3_BLOCKS", 8, LinearTile.E4M3),
    INT4_GROUPS(80, "LINEAR_INT4_GROUPS_BF16", 4, LinearTile.GROUPS_OF_4_BITS),
    INT8_GROUPS(80, "LINEAR_INT8_GROUPS_BF16", 8, LinearTile.GROUPS_OF_8_BITS),
    BF16_SM90(90, "LINEAR_BF16_SM90", 16, LinearTile.SM90),
    INT8_SM90(90, "LINEAR_INT8_SM90", 8, LinearTile.SM90),
    E4M3_SM90(90, "LINEAR_E4M3_SM90", 8, LinearTile.SM90_E4M3),
    E4M3_BLOCKS_SM90(90, "LINEAR_E4M3_BLOCKS_SM90", 8, LinearTile.SM90_E4M3);

    /** Weights that share a scale. */
    static final int GROUP = 128;

    private final int capability;
    private final String symbol;
    private final int weightBits;
    private final List<LinearTile> tiles;

    ProductKind(int capability, String symbol, int weightBits, List<LinearTile> tiles) {
        this.capability = capability;
        this.symbol = symbol;
        this.weightBits = weightBits;
        this.tiles = tiles;
    }

    int capability() {
        return capability;
    }

    List<LinearTile> tiles() {
        return tiles;
    }

    /** Whether the activations are quantised too. */
    boolean bytes() {
        return !groups() && weightBits == 8;
    }

    private boolean groups() {
        return this == INT4_GROUPS || this == INT8_GROUPS;
    }

    private boolean blocks() {
        return this == E4M3_BLOCKS || this == E4M3_BLOCKS_SM90;
    }

    /** Elements of k in 128 bytes of activations. */
    int tileK() {
        return bytes() ? 128 : 64;
    }

    /** Chips that run it. */
    List<String> architectures() {
        if (groups()) {
            return KernelCase.EVERYWHERE;
        }
        return switch (capability) {
            case 80 -> List.of("sm_80", "sm_89");
            case 89 -> List.of("sm_89");
            default -> List.of("sm_90a");
        };
    }

    EntryPoint entry(LinearTile tile, boolean gated) {
        String prefix = gated && capability < 90 ? "GATED_" : "";
        return EntryPoint.valueOf(prefix + symbol + "_" + tile.suffix());
    }

    /** Bytes of the weight, scales included, of the activations and of the result. */
    KernelCase.Minimum minimum(int rows, int n, int k, boolean gated) {
        long weight = (long) n * k * weightBits / 8;
        long result = 2L * rows * (gated ? n / 2 : n);
        if (groups()) {
            return KernelCase.Minimum.of(
                    weight,
                    "weights",
                    4L * n * (k / GROUP),
                    "scales",
                    2L * rows * k,
                    "in",
                    result,
                    "out");
        }
        if (!bytes()) {
            return KernelCase.Minimum.of(weight, "weights", 2L * rows * k, "in", result, "out");
        }
        long scales = blocks() ? 4L * n / 128 * k / 128 + 4L * rows * k / 128 : 4L * (n + rows);
        return KernelCase.Minimum.of(
                weight, "weights", scales, "scales", (long) rows * k, "in", result, "out");
    }

    Weight pack(CudaOps ops, int n, int k, boolean gated, Random random) {
        WeightPacker packer = new WeightPacker(ops);
        if (this == BF16 || this == BF16_SM90) {
            TestingWeight source = TestingWeight.random(WeightFormat.BF16, n, k, random);
            return gated ? packer.packGateUp(source) : packer.pack(source);
        }
        return packer.pack(quantized(n, k, random), gated);
    }

    private TestingQuantized quantized(int n, int k, Random random) {
        return switch (this) {
            case INT8, INT8_SM90 -> TestingQuantized.int8(n, k, random);
            case E4M3, E4M3_SM90 -> TestingQuantized.e4m3(ScaleGrid.ROW, 0, n, k, random);
            case E4M3_BLOCKS, E4M3_BLOCKS_SM90 ->
                    TestingQuantized.e4m3(ScaleGrid.BLOCK_128, 0, n, k, random);
            case INT4_GROUPS, INT8_GROUPS ->
                    TestingQuantized.groups(
                            weightBits, GROUP, DType.F16, true, false, n, k, random);
            case BF16, BF16_SM90 -> throw new AssertionError(this);
        };
    }
}

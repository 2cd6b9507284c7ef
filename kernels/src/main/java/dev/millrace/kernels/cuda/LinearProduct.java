package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.Fp8Weight;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.Int8Weight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.List;

/**
 * Launches a matrix product, plain or gated, for any kind of weight.
 *
 * <p>Thread-safety: one call at a time.
 */
final class LinearProduct {
    /** Outputs whose best has a place of its own, as {@code linear_argmax.cuh} and {@code linear_wgmma.cu} name them. */
    private static final int ARGMAX_OUTPUTS = 32;

    private static final int WGMMA_ARGMAX_OUTPUTS = 64;
    private static final int PLACES_TYPE = 3;

    private final CudaOps ops;
    private final LinearInput input;
    private final LinearTile.Choice choice;
    private final boolean gated;
    private final boolean wgmma;
    private final LinearEntries dense;
    private final LinearEntries groupsOf4Bits;
    private final LinearEntries groupsOf8Bits;
    private final LinearEntries int8;
    private final LinearEntries e4m3;
    private final LinearEntries e4m3Blocks;
    private Tensor out;
    private Weight weight;
    private Tensor bias;
    private int option;
    private float softCap;
    private int rows;

    LinearProduct(CudaOps ops, LinearInput input, LinearTile.Choice choice, boolean gated) {
        this.ops = ops;
        this.input = input;
        this.choice = choice;
        this.gated = gated;
        String name = gated ? "GATED_LINEAR_" : "LINEAR_";
        DType a = ops.activationType();
        wgmma = ops.device().computeCapability() == 90;
        dense = entries(name, a.name(), LinearTile.DENSE, LinearTile.SM90);
        groupsOf4Bits = new LinearEntries(name + "INT4_GROUPS_" + a, LinearTile.GROUPS_OF_4_BITS);
        groupsOf8Bits = new LinearEntries(name + "INT8_GROUPS_" + a, LinearTile.GROUPS_OF_8_BITS);
        int8 = entries(name, "INT8", LinearTile.INT8, LinearTile.SM90);
        e4m3 = entries(name, "E4M3", LinearTile.E4M3, LinearTile.SM90_E4M3);
        e4m3Blocks = entries(name, "E4M3_BLOCKS", LinearTile.E4M3, LinearTile.SM90_E4M3);
    }

    /** Hopper has kernels of its own, which take gated and plain products alike. */
    private LinearEntries entries(
            String name, String type, List<LinearTile> tiles, List<LinearTile> hoppers) {
        return wgmma
                ? new LinearEntries("LINEAR_" + type + "_SM90", hoppers)
                : new LinearEntries(name + type, tiles);
    }

    /**
     * Launches the product. {@code newOption}: of a gated product the activation, else 0 when out is A, 1 when it is F32, 2
     * when it is the places of {@link LinearArgmax}, before which outputs are capped by {@code newSoftCap}.
     */
    void run(
            Tensor newOut,
            Tensor in,
            Weight newWeight,
            Tensor newBias,
            int newOption,
            float newSoftCap,
            int newRows) {
        if (newRows == 0) {
            return;
        }
        out = newOut;
        weight = newWeight;
        bias = newBias;
        option = newOption;
        softCap = newSoftCap;
        rows = newRows;
        if (weight instanceof DenseWeight plain) {
            runDense(in, plain);
        } else if (weight instanceof GroupWeight groups) {
            runGroups(in, groups);
        } else if (weight instanceof Int8Weight bytes) {
            input.toInt8(in, rows);
            runBytes(int8, bytes.data(), bytes.rowScales());
        } else if (weight instanceof Fp8Weight bytes) {
            input.toE4m3(in, bytes.blocks(), bytes.inputScale(), rows);
            runBytes(bytes.blocks() ? e4m3Blocks : e4m3, bytes.data(), bytes.scales());
        } else {
            throw new KernelException("linear: the weight was packed by another backend");
        }
    }

    private void runDense(Tensor in, DenseWeight plain) {
        if (wgmma) {
            runWgmma(dense, in.address(), 0, in.rowStride(), plain.data(), null);
            return;
        }
        LinearTile tile = choose(dense);
        Launcher launch =
                ops.launcher()
                        .begin(dense.of(tile))
                        .tensor(out)
                        .tensor(in)
                        .address(DeviceAddress.of(plain.data()))
                        .tensor(bias)
                        .int32(rows)
                        .int32(outputs())
                        .int32(weight.k())
                        .int32(in.rowStride())
                        .int32(out.rowStride())
                        .int32(option)
                        .float32(softCap);
        tile.run(launch, packedRows(), rows);
    }

    private void runGroups(Tensor in, GroupWeight groups) {
        LinearEntries entries = groups.bits() == 4 ? groupsOf4Bits : groupsOf8Bits;
        LinearTile tile = choose(entries);
        boolean ordered = groups.permutation() == null;
        if (!ordered) {
            input.permute(in, groups.permutation(), rows);
        }
        Launcher launch =
                ops.launcher()
                        .begin(entries.of(tile))
                        .tensor(out)
                        .address(ordered ? in.address() : input.permuted())
                        .address(DeviceAddress.of(groups.quants()))
                        .address(DeviceAddress.of(groups.scales()))
                        .tensor(bias)
                        .int32(rows)
                        .int32(outputs())
                        .int32(weight.k())
                        .int32(ordered ? in.rowStride() : input.permutedStride())
                        .int32(out.rowStride())
                        .int32(groups.groupSize())
                        .int32(GroupTiles.mode(groups))
                        .int32(option)
                        .float32(softCap);
        tile.run(launch, packedRows(), rows);
    }

    /** Over the activations that {@code input} quantised last. */
    private void runBytes(LinearEntries entries, Buffer data, Buffer scales) {
        if (wgmma) {
            runWgmma(entries, input.bytes(), input.scales(), input.stride(), data, scales);
            return;
        }
        LinearTile tile = choose(entries);
        Launcher launch =
                ops.launcher()
                        .begin(entries.of(tile))
                        .tensor(out)
                        .address(input.bytes())
                        .address(DeviceAddress.of(data))
                        .tensor(bias)
                        .address(input.scales())
                        .address(DeviceAddress.of(scales))
                        .int32(rows)
                        .int32(outputs())
                        .int32(weight.k())
                        .int32(input.stride())
                        .int32(out.rowStride())
                        .int32(outType(out.dtype()))
                        .int32(option)
                        .float32(softCap);
        tile.run(launch, packedRows(), rows);
    }

    /** Row strides in elements; no scales with 16 bits. */
    private void runWgmma(
            LinearEntries entries,
            long in,
            long tokenScales,
            int inStride,
            Buffer data,
            Buffer rowScales) {
        LinearTile tile = choose(entries);
        Launcher launch =
                ops.launcher()
                        .begin(entries.of(tile))
                        .tensor(out)
                        .address(in)
                        .address(DeviceAddress.of(data))
                        .tensor(bias)
                        .address(tokenScales)
                        .address(DeviceAddress.of(rowScales))
                        .int32(rows)
                        .int32(outputs())
                        .int32(weight.k())
                        .int32(inStride)
                        .int32(out.rowStride())
                        .int32(outType(out.dtype()))
                        .int32(gated ? 1 : 0)
                        .int32(gated ? option : 0)
                        .float32(softCap);
        tile.runPersistent(launch, ops.device(), packedRows(), rows);
    }

    /** Places that a token has when the largest of the outputs of {@code head} is wanted. */
    int placesPerToken(Weight head) {
        boolean onWgmma = wgmma && !(head instanceof GroupWeight);
        int outputs = onWgmma ? WGMMA_ARGMAX_OUTPUTS : ARGMAX_OUTPUTS;
        return (head.n() + outputs - 1) / outputs;
    }

    private LinearTile choose(LinearEntries entries) {
        return choice.of(entries.tiles(), ops.device(), packedRows(), rows);
    }

    private int packedRows() {
        return WeightTiles.packedRows(weight.n(), gated);
    }

    private int outputs() {
        return gated ? weight.n() / 2 : weight.n();
    }

    /** As {@code linear_w8a8.cu} names it. */
    private static int outType(DType type) {
        return switch (type) {
            case F32 -> 0;
            case BF16 -> 1;
            case F16 -> 2;
            case INT64 -> PLACES_TYPE;
            case F8_E4M3, INT8, INT32 -> throw new KernelException("linear to " + type);
        };
    }
}

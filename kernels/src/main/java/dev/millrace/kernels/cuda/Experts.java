package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.ExpertRouting;
import dev.millrace.kernels.ExpertWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Routed experts: the choice, one product over the rows of all experts, and the weighted sum of what they give; {@code
 * experts.cu}, {@code linear_experts.cu}.
 *
 * <p>How many rows an expert has is known on the device only, so a product launches as many tiles as there can be at most.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Experts {
    private static final int BLOCK = 256;
    private static final int WARP = 32;

    private final CudaOps ops;
    private final EntryPoint combine;
    private final LinearEntries plain;
    private final LinearEntries gated;

    public Experts(CudaOps ops) {
        this.ops = ops;
        combine = EntryPoint.valueOf("COMBINE_EXPERTS_" + ops.activationType());
        plain = new LinearEntries("EXPERT_LINEAR_" + ops.activationType(), LinearTile.EXPERTS);
        gated =
                new LinearEntries(
                        "EXPERT_GATED_LINEAR_" + ops.activationType(), LinearTile.EXPERTS);
    }

    /** Puts the addresses of {@code experts} on the device. */
    public ExpertWeight group(List<Weight> experts) {
        ByteBuffer addresses =
                ByteBuffer.allocateDirect(experts.size() * Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (Weight expert : experts) {
            if (!(expert instanceof DenseWeight dense)) {
                throw new KernelException(
                        "experts: the CUDA backend multiplies by experts of plain numbers, F32, F16 or BF16");
            }
            addresses.putLong(DeviceAddress.of(dense.data()));
        }
        DeviceBuffer table = ops.memory().allocate(DType.INT64, experts.size(), "weights");
        ops.uploads().bytes(addresses.flip(), table.address());
        return new ExpertWeight(experts, table);
    }

    /** Chooses by {@code logits}, and sorts the choices by expert. */
    public void route(ExpertRouting routing, Tensor logits, boolean normalized, int rows) {
        ops.launcher()
                .begin(EntryPoint.CHOOSE_EXPERTS)
                .tensor(routing.experts())
                .tensor(routing.weights())
                .tensor(logits)
                .int32(rows)
                .int32(routing.numExperts())
                .int32(routing.perToken())
                .int32(logits.rowStride())
                .int32(normalized ? 1 : 0)
                .run((rows * WARP + BLOCK - 1) / BLOCK, BLOCK);
        ops.launcher()
                .begin(EntryPoint.SORT_BY_EXPERT)
                .tensor(routing.rows())
                .tensor(routing.tokens())
                .tensor(routing.starts())
                .tensor(routing.experts())
                .int32(rows * routing.perToken())
                .int32(routing.perToken())
                .run(routing.numExperts(), BLOCK);
    }

    /** {@code out = in · weightᵀ + bias} of each sorted row's expert, for {@code rows} tokens. */
    public void linear(
            Tensor out,
            Tensor in,
            ExpertWeight weight,
            Tensor bias,
            ExpertRouting routing,
            int rows) {
        run(plain, out, in, weight, bias, 0, weight.n(), routing, rows);
    }

    /** The gated product of each sorted row's expert, for {@code rows} tokens. */
    public void gatedLinear(
            Tensor out,
            Tensor in,
            ExpertWeight gateUp,
            Tensor bias,
            Activation activation,
            ExpertRouting routing,
            int rows) {
        int code = GatedLinear.code(activation);
        run(gated, out, in, gateUp, bias, code, gateUp.n() / 2, routing, rows);
    }

    private void run(
            LinearEntries entries,
            Tensor out,
            Tensor in,
            ExpertWeight weight,
            Tensor bias,
            int activation,
            int outputs,
            ExpertRouting routing,
            int rows) {
        int sorted = rows * routing.perToken();
        int packedRows = WeightTiles.packedRows(weight.n(), entries == gated);
        LinearTile tile = LinearTile.forExperts(sorted / routing.numExperts());
        Launcher launch =
                ops.launcher()
                        .begin(entries.of(tile))
                        .tensor(out)
                        .tensor(in)
                        .address(DeviceAddress.of(weight.addresses()))
                        .tensor(bias)
                        .tensor(routing.starts())
                        .int32(routing.numExperts())
                        .int32(outputs)
                        .int32(weight.k())
                        .int32(in.rowStride())
                        .int32(out.rowStride())
                        .int32(activation);
        tile.runForExperts(launch, packedRows, sorted, routing.numExperts());
    }

    /** {@code out[t] = Σ weight · in[row]} over the token's choices in order. */
    public void combine(Tensor out, Tensor in, ExpertRouting routing, int rows) {
        int columns = out.columns();
        ops.launcher()
                .begin(combine)
                .tensor(out)
                .tensor(in)
                .tensor(routing.rows())
                .tensor(routing.weights())
                .int32(columns)
                .int32(routing.perToken())
                .int32(out.rowStride())
                .int32(in.rowStride())
                .run((columns + 4 * BLOCK - 1) / (4 * BLOCK), rows, 1, BLOCK, 0);
    }
}

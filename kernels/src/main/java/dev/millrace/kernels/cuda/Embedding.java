package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DenseWeight;
import dev.millrace.kernels.GroupWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;

/**
 * Gathers rows of a packed weight, so that a tied embedding and output head are one matrix in memory; {@code embedding.cu}, {@code
 * embedding_groups.cu}.
 *
 * <p>A token id outside of the table gives a row of NaN.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Embedding {
    private static final int BLOCK = 128;

    private final CudaOps ops;
    private final EntryPoint dense;
    private final EntryPoint groups;

    public Embedding(CudaOps ops) {
        this.ops = ops;
        dense = ops.activationType() == DType.BF16 ? EntryPoint.EMBED_BF16 : EntryPoint.EMBED_F16;
        groups = EntryPoint.valueOf("EMBED_GROUPS_" + ops.activationType());
    }

    /** Runs over all tokens of the batch. */
    public void run(Tensor out, PackedBatch batch, Weight table, float scale) {
        if (table instanceof DenseWeight weight && !weight.gateUp()) {
            runDense(out, batch, weight, scale);
        } else if (table instanceof GroupWeight weight
                && !weight.gateUp()
                && weight.permutation() == null) {
            runGroups(out, batch, weight, scale);
        } else {
            throw new KernelException("embed: the weight was packed for another operation");
        }
    }

    private void runDense(Tensor out, PackedBatch batch, DenseWeight weight, float scale) {
        ops.launcher()
                .begin(dense)
                .tensor(out)
                .tensor(batch.tokenIds())
                .address(DeviceAddress.of(weight.data()))
                .int32(weight.n())
                .int32(weight.k())
                .int32(out.rowStride())
                .float32(scale)
                .run(batch.numTokens(), BLOCK);
    }

    private void runGroups(Tensor out, PackedBatch batch, GroupWeight weight, float scale) {
        ops.launcher()
                .begin(groups)
                .tensor(out)
                .tensor(batch.tokenIds())
                .address(DeviceAddress.of(weight.quants()))
                .address(DeviceAddress.of(weight.scales()))
                .int32(weight.n())
                .int32(weight.k())
                .int32(weight.bits())
                .int32(weight.groupSize())
                .int32(GroupTiles.mode(weight))
                .int32(out.rowStride())
                .float32(scale)
                .run(batch.numTokens(), BLOCK);
    }
}

package dev.millrace.kernels.x86;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.Tensor;

/**
 * Operations on rows, and copies.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class Rows {
    private final Context context;
    private final Call call;
    private final DType activation;
    private final Preparation toBytes;
    private double[] sums = {};
    private float[] logprobs = {};
    private int[] pairs = {};
    private int[] drawnIds = {};
    private int[] tokenIds = {};

    /** {@code bytesFormat} is that of the weights which rows of bytes are for. */
    public Rows(Context context, DType activation, PanelFormat bytesFormat) {
        this.context = context;
        this.call = context.call;
        this.activation = activation;
        this.toBytes = Preparation.of(context.family, bytesFormat);
    }

    /**
     * {@code delta}, unless null, is added to {@code in} first, in place. A row holds one or more heads of weight's size. Rows of bytes
     * are what a product makes of rows of A.
     */
    public void norm(Tensor out, Tensor in, Tensor delta, Tensor weight, float epsilon, int rows) {
        boolean bytes = out.dtype() == DType.INT8;
        Preparation preparation = bytes ? toBytes : Preparation.NONE;
        int perPart = context.rowsPerPart(rows, in.columns());
        call.start(Operation.NORM)
                .put(out)
                .put(Call.type(activation))
                .put(in)
                .putType(in)
                .put(delta)
                .put(weight.address())
                .put(weight.columns())
                .put(in.columns())
                .put(epsilon)
                .put(rows)
                .put(perPart)
                .put(preparation.ordinal())
                .put(bytes ? out.scales().address() : 0)
                .put(bytes ? ByteRows.sums(out) : 0)
                .put(bytes ? out.rowStride() : 0)
                .run(Context.parts(rows, perPart));
    }

    /** {@code out[r, :] = in[rowIndexes[r], :]}. */
    public void gather(Tensor out, Tensor in, Tensor rowIndexes, int rows) {
        call.start(Operation.GATHER)
                .put(out)
                .put(in)
                .put(in.dtype().sizeBytes())
                .put(in.columns())
                .put(rowIndexes.address())
                .put(in.rows())
                .put(rows)
                .run(1);
    }

    /** {@code logits = cap · tanh(logits / cap)}. */
    public void softCap(Tensor logits, float cap, int rows) {
        int perPart = context.rowsPerPart(rows, logits.columns());
        call.start(Operation.SOFT_CAP)
                .put(logits)
                .put(logits.columns())
                .put(cap)
                .put(rows)
                .put(perPart)
                .run(Context.parts(rows, perPart));
    }

    /** {@code out[r] = ln softmax(logits[r])[targets[r]]}. */
    public void logprobs(Tensor out, Tensor logits, Tensor targets, int rows) {
        int perPart = context.rowsPerPart(rows, logits.columns());
        long workspace = context.workspace(24L * rows);
        call.start(Operation.LOGPROB)
                .put(workspace)
                .put(logits)
                .put(logits.columns())
                .put(targets.address())
                .put(rows)
                .put(perPart)
                .run(Context.parts(rows, perPart));
        if (logprobs.length < rows) {
            logprobs = new float[rows];
            sums = new double[3 * rows];
        }
        Library.getDoubles(workspace, sums, 0, 3 * rows);
        for (int r = 0; r < rows; r++) {
            double normalizer = sums[3 * r + 1] + StrictMath.log(sums[3 * r + 2]);
            logprobs[r] = (float) (sums[3 * r] - normalizer);
        }
        Library.putFloats(logprobs, 0, rows, out.address(), false);
    }

    /** The best token of each row, without its log-probability. */
    public void argmax(Tensor tokenIds, Tensor tokenLogprobs, Tensor logits, int rows) {
        call.start(Operation.ARGMAX)
                .put(tokenIds.address())
                .put(tokenLogprobs.address())
                .put(logits)
                .put(logits.columns())
                .put(rows)
                .run(rows);
    }

    /** Copies token ids; {@code −1 − r} stands for the id in row {@code r} of {@code drawn}. */
    public void copyInTokens(int[] source, int count, Tensor target, Tensor drawn) {
        if (tokenIds.length < count) {
            tokenIds = new int[count];
        }
        if (drawnIds.length < drawn.columns()) {
            drawnIds = new int[drawn.columns()];
        }
        copyOut(drawn, drawn.columns(), drawnIds);
        for (int i = 0; i < count; i++) {
            tokenIds[i] = source[i] < 0 ? drawnIds[-1 - source[i]] : source[i];
        }
        copyIn(tokenIds, count, target);
    }

    /** Copies blocks {@code (source, target)} in all layers. */
    public void copyBlocks(KvCache cache, Tensor blocks, int numPairs) {
        if (pairs.length < 2 * numPairs) {
            pairs = new int[2 * numPairs];
        }
        Library.getInts(blocks.address(), pairs, 0, 2 * numPairs);
        int numBlocks = cache.shape().numBlocks();
        for (int i = 0; i < 2 * numPairs; i++) {
            if (pairs[i] < 0 || pairs[i] >= numBlocks) {
                throw new KernelException(
                        "copyBlocks: block " + pairs[i] + "; the cache has " + numBlocks);
            }
        }
        for (int i = 0; i < numPairs; i++) {
            for (int layer = 0; layer < cache.shape().numLayers(); layer++) {
                copyBlock(cache, cache.keys().get(layer), pairs[2 * i], pairs[2 * i + 1]);
                copyBlock(cache, cache.values().get(layer), pairs[2 * i], pairs[2 * i + 1]);
            }
        }
    }

    private static void copyBlock(KvCache cache, Buffer buffer, int source, int target) {
        DType type = buffer.dtype();
        long bytes = (long) cache.shape().storedElements(type) * type.sizeBytes();
        long address = ((DeviceBuffer) buffer).address();
        Library.copy(address + source * bytes, address + target * bytes, bytes);
    }

    /** Copies {@code source}, a Java array of the tensor's type or floats for bfloat16, to the start of the view. */
    public static void copyIn(Object source, int count, Tensor target) {
        int size = target.dtype().sizeBytes();
        for (int done = 0, row = 0; done < count; row++) {
            int length = Math.min(target.columns(), count - done);
            long to = target.address() + (long) row * target.rowStride() * size;
            if (source instanceof int[] ints) {
                Library.putInts(ints, done, length, to);
            } else if (source instanceof long[] longs) {
                Library.putLongs(longs, done, length, to);
            } else {
                boolean halves = target.dtype() == DType.BF16;
                Library.putFloats((float[]) source, done, length, to, halves);
            }
            done += length;
        }
    }

    /** The other way round. */
    public static void copyOut(Tensor source, int count, Object target) {
        int size = source.dtype().sizeBytes();
        for (int done = 0, row = 0; done < count; row++) {
            int length = Math.min(source.columns(), count - done);
            long from = source.address() + (long) row * source.rowStride() * size;
            if (target instanceof int[] ints) {
                Library.getInts(from, ints, done, length);
            } else if (target instanceof long[] longs) {
                Library.getLongs(from, longs, done, length);
            } else {
                boolean halves = source.dtype() == DType.BF16;
                Library.getFloats(from, (float[]) target, done, length, halves);
            }
            done += length;
        }
    }
}

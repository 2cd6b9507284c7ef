package dev.millrace.kernels.cpu;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;
import java.util.Arrays;

/**
 * Causal attention over paged keys and values: online softmax, a KV block at a time, in order of position from 0.
 *
 * <p>A unit of work is a run of token rows of one sequence with one KV head. The block is the fixed tile: where a row
 * begins and what it sees of a block follow from its position and the window, so its bits do not depend on the rows
 * beside it. Positions that a row may not see are never touched, whatever lies there.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class PagedAttention implements WorkerPool.Work {
    /** Token rows of a unit: enough to reuse a block from the L1 cache, few enough to balance threads. */
    private static final int UNIT_ROWS = 32;

    private final CpuContext context;
    private Tensor out;
    private Tensor q;
    private PackedBatch batch;
    private AttentionParams params;
    private KvShape shape;
    private float[] keys;
    private float[] values;
    // Units of the sequences before s, in runs of rows.
    private int[] firstRun = {};
    private int unitsPerPart;

    public PagedAttention(CpuContext context) {
        this.context = context;
    }

    /** Runs over all tokens of the batch. */
    public void run(
            Tensor newOut,
            Tensor newQ,
            KvCache cache,
            int layer,
            PackedBatch newBatch,
            AttentionParams newParams) {
        out = newOut;
        q = newQ;
        batch = newBatch;
        params = newParams;
        shape = cache.shape();
        keys = Host.floats(cache.keys().get(layer));
        values = Host.floats(cache.values().get(layer));
        int runs = countRuns();
        int units = runs * params.numKvHeads();
        unitsPerPart = units / WorkerPool.MAX_PARTS + 1;
        context.pool.run(CpuContext.parts(units, unitsPerPart), this);
    }

    private int countRuns() {
        int numSeqs = batch.numSeqs();
        if (firstRun.length <= numSeqs) {
            firstRun = new int[numSeqs + 1];
        }
        int runs = 0;
        for (int s = 0; s < numSeqs; s++) {
            firstRun[s] = runs;
            int rows = Host.intAt(batch.cuSeqLens(), s + 1) - Host.intAt(batch.cuSeqLens(), s);
            runs += (rows + UNIT_ROWS - 1) / UNIT_ROWS;
        }
        firstRun[numSeqs] = runs;
        return runs;
    }

    @Override
    public void run(int part, int worker) {
        int units = firstRun[batch.numSeqs()] * params.numKvHeads();
        int end = Math.min(units, (part + 1) * unitsPerPart);
        for (int unit = part * unitsPerPart; unit < end; unit++) {
            int run = unit / params.numKvHeads();
            int s = sequenceOf(run);
            int firstRow = Host.intAt(batch.cuSeqLens(), s) + (run - firstRun[s]) * UNIT_ROWS;
            int endRow = Math.min(Host.intAt(batch.cuSeqLens(), s + 1), firstRow + UNIT_ROWS);
            runUnit(s, unit % params.numKvHeads(), firstRow, endRow, context.scratch[worker]);
        }
    }

    /** The last sequence whose runs begin at or before {@code run}; sequences without rows have no run. */
    private int sequenceOf(int run) {
        int low = 0;
        int high = batch.numSeqs();
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (firstRun[middle] <= run) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private void runUnit(int s, int kvHead, int firstRow, int endRow, Scratch scratch) {
        int group = params.numHeads() / params.numKvHeads();
        int heads = (endRow - firstRow) * group;
        int blockSize = shape.blockSize();
        prepare(scratch, heads, blockSize);
        int firstHead = kvHead * group;
        for (int t = firstRow; t < endRow; t++) {
            int at = Host.at(out, t) + firstHead * params.headDim();
            Arrays.fill(Host.floats(out), at, at + group * params.headDim(), 0f);
        }
        // Position of row t is t + shift.
        int shift = Host.intAt(batch.contextLens(), s) - Host.intAt(batch.cuSeqLens(), s + 1);
        int lastBlock = (endRow - 1 + shift) / blockSize;
        for (int block = firstVisible(firstRow + shift) / blockSize; block <= lastBlock; block++) {
            int start = block * blockSize - shift;
            runBlock(physicalBlock(s, block), start, kvHead, firstRow, endRow, scratch);
        }
        for (int t = firstRow; t < endRow; t++) {
            for (int g = 0; g < group; g++) {
                normalize(scratch, (t - firstRow) * group + g, t, firstHead + g);
            }
        }
    }

    private static void prepare(Scratch scratch, int heads, int blockSize) {
        scratch.scores = Scratch.grown(scratch.scores, heads * blockSize);
        scratch.rowMax = Scratch.grown(scratch.rowMax, heads);
        scratch.rowSums = Scratch.grown(scratch.rowSums, heads * blockSize);
        Arrays.fill(scratch.rowMax, 0, heads, Float.NEGATIVE_INFINITY);
        Arrays.fill(scratch.rowSums, 0, heads * blockSize, 0f);
    }

    private int firstVisible(int position) {
        int window = params.slidingWindow();
        return window == 0 ? 0 : Math.max(0, position - window + 1);
    }

    private int physicalBlock(int s, int block) {
        Tensor tables = batch.blockTables();
        int physical = Host.ints(tables)[Host.at(tables, s) + block];
        if (physical < 0 || physical >= shape.numBlocks()) {
            throw new KernelException(
                    "attention: block "
                            + physical
                            + " in the table of sequence "
                            + s
                            + "; the cache has "
                            + shape.numBlocks());
        }
        return physical;
    }

    /** Row {@code start + j} is the one at position {@code j} of this block. */
    private void runBlock(
            int physical, int start, int kvHead, int firstRow, int endRow, Scratch scratch) {
        int blockSize = shape.blockSize();
        int headSize = blockSize * params.headDim();
        int base = physical * shape.blockElements() + kvHead * headSize;
        int t = Math.max(firstRow, start);
        while (t < endRow) {
            // Visible positions of the block for row t: [low, high).
            int window = params.slidingWindow();
            int low = window == 0 ? 0 : Math.max(0, t - window + 1 - start);
            int high = Math.min(blockSize, t + 1 - start);
            if (low >= high) {
                return;
            }
            int end = t + 1;
            if (low == 0 && high == blockSize) {
                // Rows up to the one that loses the block's first position see all of it.
                end = window == 0 ? endRow : Math.min(endRow, start + window);
            }
            tile(base, t, end, low, high, kvHead, firstRow, scratch);
            t = end;
        }
    }

    /** Rows {@code [t, end)}, which see {@code [low, high)} of the block at {@code base}. */
    private void tile(
            int base,
            int t,
            int end,
            int low,
            int high,
            int kvHead,
            int firstRow,
            Scratch scratch) {
        int group = params.numHeads() / params.numKvHeads();
        int headDim = params.headDim();
        int head = kvHead * group;
        int first = (t - firstRow) * group;
        int rows = end - t;
        if (rows < group) {
            for (int r = 0; r < rows; r++) {
                int qAt = Host.at(q, t + r) + head * headDim;
                int outAt = Host.at(out, t + r) + head * headDim;
                int state = first + r * group;
                tile(base, group, qAt, headDim, outAt, headDim, low, high, state, 1, scratch);
            }
        } else {
            for (int g = 0; g < group; g++) {
                int qAt = Host.at(q, t) + (head + g) * headDim;
                int outAt = Host.at(out, t) + (head + g) * headDim;
                int qStride = q.rowStride();
                int outStride = out.rowStride();
                int state = first + g;
                tile(base, rows, qAt, qStride, outAt, outStride, low, high, state, group, scratch);
            }
        }
    }

    private void tile(
            int base,
            int rows,
            int qAt,
            int qStride,
            int outAt,
            int outStride,
            int low,
            int high,
            int state,
            int stateStride,
            Scratch scratch) {
        Lanes lanes = context.lanes;
        int blockSize = shape.blockSize();
        int headDim = params.headDim();
        float[] scores = scratch.scores;
        float[] target = Host.floats(out);
        Arrays.fill(scores, 0, rows * blockSize, 0f);
        lanes.multiply(
                rows,
                blockSize,
                Host.floats(q),
                qAt,
                qStride,
                keys,
                base,
                blockSize,
                headDim,
                scores,
                0,
                blockSize);
        for (int r = 0; r < rows; r++) {
            softmax(
                    r * blockSize,
                    low,
                    high,
                    state + r * stateStride,
                    outAt + r * outStride,
                    scratch);
        }
        lanes.multiply(
                rows,
                headDim,
                scores,
                low,
                blockSize,
                values,
                base + low * headDim,
                headDim,
                high - low,
                target,
                outAt,
                outStride);
    }

    /** Turns scores into weights relative to the row's largest score so far; rescales what came before if that grew. */
    private void softmax(int at, int low, int high, int state, int outAt, Scratch scratch) {
        Lanes lanes = context.lanes;
        int blockSize = shape.blockSize();
        float[] scores = scratch.scores;
        float before = scratch.rowMax[state];
        int length = high - low;
        float max;
        if (params.softCap() == 0f) {
            max = lanes.scaleAndMax(scores, at + low, length, params.scale(), before);
        } else {
            lanes.scale(scores, at + low, length, params.scale());
            lanes.softCap(scores, at + low, length, params.softCap(), scratch.temp);
            max = lanes.scaleAndMax(scores, at + low, length, 1f, before);
        }
        if (max > before && before != Float.NEGATIVE_INFINITY) {
            float correction = FloatMath.exp(before - max);
            lanes.scale(scratch.rowSums, state * blockSize, blockSize, correction);
            lanes.scale(Host.floats(out), outAt, params.headDim(), correction);
        }
        scratch.rowMax[state] = max;
        int sums = state * blockSize + low;
        lanes.exp(scores, at + low, scores, at + low, length, max, 1f);
        lanes.add(scratch.rowSums, sums, scores, at + low, length);
    }

    private void normalize(Scratch scratch, int state, int t, int head) {
        int blockSize = shape.blockSize();
        float sum = 0f;
        for (int j = 0; j < blockSize; j++) {
            sum += scratch.rowSums[state * blockSize + j];
        }
        int at = Host.at(out, t) + head * params.headDim();
        context.lanes.scale(Host.floats(out), at, params.headDim(), 1f / sum);
    }
}

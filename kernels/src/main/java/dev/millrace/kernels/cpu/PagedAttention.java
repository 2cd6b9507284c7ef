package dev.millrace.kernels.cpu;

import dev.millrace.kernels.AttentionParams;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.Tensor;

/**
 * Causal attention over paged keys and values, cut into units for the threads: a run of tokens of one sequence with one
 * KV head. Cuts never change a result, see {@link AttentionUnit}.
 *
 * <p>Thread-safety: one call at a time.
 */
public final class PagedAttention implements WorkerPool.Work {
    /** Tokens of a unit: enough to use a tile of keys often, few enough to balance threads. */
    private static final int UNIT_TOKENS = 32;

    private final CpuContext context;
    private final AttentionCall call = new AttentionCall();
    private final AttentionUnit[] workers;
    // Runs of tokens of the sequences before s.
    private int[] firstRun = {};
    private int unitsPerPart;

    public PagedAttention(CpuContext context) {
        this.context = context;
        workers = new AttentionUnit[context.scratch.length];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new AttentionUnit(context.lanes, call, context.scratch[i].temp);
        }
    }

    /** Runs over all tokens of the batch. */
    public void run(
            Tensor out,
            Tensor q,
            KvCache cache,
            int layer,
            PackedBatch batch,
            AttentionParams params) {
        call.set(out, q, cache, layer, batch, params);
        int units = countRuns() * params.numKvHeads();
        unitsPerPart = units / WorkerPool.MAX_PARTS + 1;
        context.pool.run(CpuContext.parts(units, unitsPerPart), this);
    }

    private int countRuns() {
        int numSeqs = call.numSeqs();
        if (firstRun.length <= numSeqs) {
            firstRun = new int[numSeqs + 1];
        }
        int runs = 0;
        for (int s = 0; s < numSeqs; s++) {
            firstRun[s] = runs;
            int rows = call.firstRow(s + 1) - call.firstRow(s);
            runs += (rows + UNIT_TOKENS - 1) / UNIT_TOKENS;
        }
        firstRun[numSeqs] = runs;
        return runs;
    }

    @Override
    public void run(int part, int worker) {
        int kvHeads = call.params.numKvHeads();
        int units = firstRun[call.numSeqs()] * kvHeads;
        int end = Math.min(units, (part + 1) * unitsPerPart);
        for (int unit = part * unitsPerPart; unit < end; unit++) {
            int run = unit / kvHeads;
            int s = sequenceOf(run);
            int firstRow = call.firstRow(s) + (run - firstRun[s]) * UNIT_TOKENS;
            int tokens = Math.min(call.firstRow(s + 1) - firstRow, UNIT_TOKENS);
            workers[worker].run(s, unit % kvHeads, firstRow, tokens);
        }
    }

    /** The last sequence whose runs begin at or before {@code run}; sequences without rows have no run. */
    private int sequenceOf(int run) {
        int low = 0;
        int high = call.numSeqs();
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
}

package dev.millrace.kernels;

import dev.millrace.kernels.x86.Rows;

/**
 * Draws tokens for the native kernels: rows that want nothing but the best token there, all others on Java arrays with a copy of the
 * logits.
 *
 * <p>Thread-safety: one call at a time.
 */
final class HostSampling {
    private final CpuKernels host;
    private final Rows rows;
    private SamplingBatch copy;
    private Tensor logitsCopy;

    /** {@code host} shares the threads of the native kernels. */
    HostSampling(CpuKernels host, Rows rows) {
        this.host = host;
        this.rows = rows;
    }

    void run(Tensor logits, SamplingBatch batch) {
        if (copy == null
                || copy.tokenIds.columns() < batch.tokenIds.columns()
                || copy.allowed.columns() != batch.allowed.columns()) {
            copy = new SamplingBatch(host, batch.tokenIds.columns(), logits.columns());
        }
        int count = batch.rows();
        copy.resize(count);
        copyParameters(batch, count);
        if (onlyBestTokens(count)) {
            rows.argmax(batch.tokenIds, batch.logprobs, logits, count);
            return;
        }
        copyRagged(batch, count);
        if (logitsCopy == null || logitsCopy.rows() < count) {
            logitsCopy = host.allocate(DType.F32, logits.rows(), logits.columns(), "sampling");
        }
        floats(logits, logitsCopy, count * logits.columns());
        host.sample(logitsCopy, copy);
        copyBack(batch, count);
    }

    private void copyParameters(SamplingBatch batch, int count) {
        floats(batch.temperature, copy.temperature, count);
        floats(batch.topP, copy.topP, count);
        floats(batch.minP, copy.minP, count);
        floats(batch.repetitionPenalty, copy.repetitionPenalty, count);
        floats(batch.presencePenalty, copy.presencePenalty, count);
        floats(batch.frequencyPenalty, copy.frequencyPenalty, count);
        ints(batch.topK, copy.topK, count);
        ints(batch.position, copy.position, count);
        ints(batch.numLogprobs, copy.numLogprobs, count);
        ints(batch.promptLens, copy.promptLens, count);
        ints(batch.masked, copy.masked, count);
        ints(batch.cuHistory, copy.cuHistory, count + 1);
        ints(batch.cuBias, copy.cuBias, count + 1);
    }

    private boolean onlyBestTokens(int count) {
        int[] cuBias = copy.cuBias.host().ints();
        for (int r = 0; r < count; r++) {
            boolean plain =
                    copy.temperature.host().floats()[r] <= 0f
                            && copy.numLogprobs.host().ints()[r] < 0
                            && copy.masked.host().ints()[r] == 0
                            && cuBias[r] == cuBias[r + 1]
                            && copy.repetitionPenalty.host().floats()[r] == 1f
                            && copy.presencePenalty.host().floats()[r] == 0f
                            && copy.frequencyPenalty.host().floats()[r] == 0f;
            if (!plain) {
                return false;
            }
        }
        return true;
    }

    private void copyRagged(SamplingBatch batch, int count) {
        int history = copy.cuHistory.host().ints()[count];
        int bias = copy.cuBias.host().ints()[count];
        copy.reserve(host, history, bias);
        ints(batch.history(), copy.history(), history);
        ints(batch.biasIds(), copy.biasIds(), bias);
        floats(batch.biasValues(), copy.biasValues(), bias);
        ints(batch.allowed, copy.allowed, count * batch.allowed.columns());
        Rows.copyOut(batch.seed, count, copy.seed.host().longs());
    }

    private void copyBack(SamplingBatch batch, int count) {
        Rows.copyIn(copy.tokenIds.host().ints(), count, batch.tokenIds);
        Rows.copyIn(copy.logprobs.host().floats(), count, batch.logprobs);
        int top = count * SamplingBatch.MAX_LOGPROBS;
        Rows.copyIn(copy.topIds.host().ints(), top, batch.topIds);
        Rows.copyIn(copy.topLogprobs.host().floats(), top, batch.topLogprobs);
    }

    private static void floats(Tensor from, Tensor to, int count) {
        Rows.copyOut(from, count, to.host().floats());
    }

    private static void ints(Tensor from, Tensor to, int count) {
        Rows.copyOut(from, count, to.host().ints());
    }
}

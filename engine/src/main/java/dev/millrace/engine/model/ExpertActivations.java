package dev.millrace.engine.model;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.ExpertRouting;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;

/**
 * What lies between router and experts; shared by all layers with experts, which a model has of one kind.
 *
 * @param logits F32 [T, experts]
 * @param routing the choice
 * @param sorted A [T · perToken, E]: rows by expert, into the experts and out of them
 */
record ExpertActivations(Tensor logits, ExpertRouting routing, Tensor sorted) {

    static ExpertActivations of(
            MlpConfig.Experts experts, int hiddenSize, Kernels kernels, int maxTokens) {
        int rows = Math.multiplyExact(maxTokens, experts.perToken());
        return new ExpertActivations(
                kernels.allocate(DType.F32, maxTokens, experts.count(), "activations"),
                new ExpertRouting(kernels, maxTokens, experts.count(), experts.perToken()),
                kernels.allocate(kernels.activationType(), rows, hiddenSize, "activations"));
    }

    static long bytesPerToken(MlpConfig.Experts experts, int hiddenSize, DType type) {
        long choices = (long) experts.perToken() * (4 * Integer.BYTES);
        long rows = (long) experts.perToken() * hiddenSize * type.sizeBytes();
        return 4L * experts.count() + choices + rows;
    }
}

package dev.millrace.kernels;

import java.util.List;

/**
 * The operations that kernels for the most common models do not have: each is an error that says who has it.
 *
 * <p>Thread-safety: as {@link Kernels}.
 */
abstract sealed class NarrowKernels extends HostKernels permits X86Kernels {

    NarrowKernels(DType activation) {
        super(activation);
    }

    static KernelException portable(String operation) {
        return new KernelException(
                operation
                        + ": the native CPU kernels have none; only the portable ones do, which KernelsConfig.portable asks for");
    }

    @Override
    public KvCache allocateKvCache(KvShape shape, KvScales scales) {
        throw portable("allocateKvCache with scales");
    }

    @Override
    public ExpertWeight group(List<Weight> experts) {
        throw portable("group");
    }

    @Override
    public void layerNorm(
            Tensor out, Tensor in, Tensor weight, Tensor bias, float epsilon, int rows) {
        throw portable("layerNorm");
    }

    @Override
    public void addLayerNorm(
            Tensor out,
            Tensor residual,
            Tensor delta,
            Tensor weight,
            Tensor bias,
            float epsilon,
            int rows) {
        throw portable("addLayerNorm");
    }

    @Override
    public void add(Tensor out, Tensor residual, Tensor delta, int rows) {
        throw portable("add");
    }

    @Override
    public void activate(Tensor x, Activation activation, int rows) {
        throw portable("activate");
    }

    @Override
    public void routeExperts(ExpertRouting routing, Tensor logits, boolean normalized, int rows) {
        throw portable("routeExperts");
    }

    @Override
    public void expertLinear(
            Tensor out,
            Tensor in,
            ExpertWeight weight,
            Tensor bias,
            ExpertRouting routing,
            int rows) {
        throw portable("expertLinear");
    }

    @Override
    public void expertGatedLinear(
            Tensor out,
            Tensor in,
            ExpertWeight gateUp,
            Tensor bias,
            Activation activation,
            ExpertRouting routing,
            int rows) {
        throw portable("expertGatedLinear");
    }

    @Override
    public void combineExperts(Tensor out, Tensor in, ExpertRouting routing, int rows) {
        throw portable("combineExperts");
    }
}

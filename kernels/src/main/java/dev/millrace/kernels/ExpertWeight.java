package dev.millrace.kernels;

import java.util.List;

/**
 * The same matrix of all experts of a layer; made by {@link Kernels#group}.
 *
 * <p>Thread-safety: immutable.
 *
 * @param experts one for each, all of one shape and kind
 * @param addresses INT64 [experts]: where they lie on a device with memory of its own; null on the CPU
 */
public record ExpertWeight(List<Weight> experts, Buffer addresses) {

    public ExpertWeight {
        experts = List.copyOf(experts);
        Weight first = experts.get(0);
        for (Weight expert : experts) {
            if (expert instanceof GroupWeight
                    || expert instanceof Int8Weight
                    || expert instanceof Fp8Weight) {
                throw new KernelException("experts in the codes of a quantised checkpoint");
            }
            if (expert.n() != first.n()
                    || expert.k() != first.k()
                    || expert.gateUp() != first.gateUp()
                    || expert.getClass() != first.getClass()) {
                throw new KernelException("experts of different shapes or kinds");
            }
        }
    }

    /** Outputs of each. */
    public int n() {
        return experts.get(0).n();
    }

    /** Inputs of each. */
    public int k() {
        return experts.get(0).k();
    }
}

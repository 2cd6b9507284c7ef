package dev.millrace.engine.model;

import dev.millrace.kernels.Activation;
import dev.millrace.kernels.ExpertRouting;
import dev.millrace.kernels.ExpertWeight;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.List;

/** The second half of a layer, on the device. */
sealed interface MlpWeights {

    /** The matrices that multiply the input; none where it must be A, as others read it too. */
    List<Weight> readers();

    /** Writes {@code out} A [rows, E] from {@code in} [rows, E], A or what all {@link #readers} take. */
    void apply(Kernels kernels, MlpActivations activations, Tensor out, Tensor in, int rows);

    /**
     * {@code down(activation(gate(x)) · up(x))}.
     *
     * @param gateUp gate rows, then up rows: [2F, E]
     * @param gateUpBias F32 [1, 2F], or null
     * @param down [E, F]
     */
    record Gated(Weight gateUp, Tensor gateUpBias, Activation activation, LinearLayer down)
            implements MlpWeights {
        @Override
        public List<Weight> readers() {
            return List.of(gateUp);
        }

        @Override
        public void apply(
                Kernels kernels, MlpActivations activations, Tensor out, Tensor in, int rows) {
            Tensor inner = activations.of(down.weight().k());
            kernels.gatedLinear(inner, in, gateUp, gateUpBias, activation, rows);
            down.apply(kernels, out, inner, rows);
        }
    }

    /**
     * {@code down(activation(up(x)))}.
     *
     * @param up [F, E]
     * @param down [E, F]
     */
    record Plain(LinearLayer up, Activation activation, LinearLayer down) implements MlpWeights {
        @Override
        public List<Weight> readers() {
            return List.of(up.weight());
        }

        @Override
        public void apply(
                Kernels kernels, MlpActivations activations, Tensor out, Tensor in, int rows) {
            Tensor inner = activations.of(down.weight().k());
            up.apply(kernels, inner, in, rows);
            kernels.activate(inner, activation, rows);
            down.apply(kernels, out, inner, rows);
        }
    }

    /**
     * Gated MLPs, of which the router picks some for each token; what they give is added up by its weights.
     *
     * @param router [experts, E]
     * @param normalized the weights of the chosen add up to 1
     * @param gateUp [2F, E] of each
     * @param gateUpBias F32 [experts, 2F], or null
     * @param down [E, F] of each
     * @param downBias F32 [experts, E], or null
     */
    record Experts(
            LinearLayer router,
            boolean normalized,
            ExpertWeight gateUp,
            Tensor gateUpBias,
            Activation activation,
            ExpertWeight down,
            Tensor downBias)
            implements MlpWeights {
        @Override
        public List<Weight> readers() {
            return List.of();
        }

        @Override
        public void apply(
                Kernels kernels, MlpActivations activations, Tensor out, Tensor in, int rows) {
            ExpertRouting routing = activations.experts().routing();
            Tensor logits = activations.experts().logits();
            Tensor sorted = activations.experts().sorted();
            Tensor inner = activations.of(down.k());
            router.apply(kernels, logits, in, rows);
            kernels.routeExperts(routing, logits, normalized, rows);
            kernels.gatherRows(sorted, in, routing.tokens(), rows * routing.perToken());
            kernels.expertGatedLinear(inner, sorted, gateUp, gateUpBias, activation, routing, rows);
            kernels.expertLinear(sorted, inner, down, downBias, routing, rows);
            kernels.combineExperts(out, sorted, routing, rows);
        }
    }
}

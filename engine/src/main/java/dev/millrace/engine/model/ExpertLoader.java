package dev.millrace.engine.model;

import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.Problem;
import dev.millrace.engine.loader.Checkpoint;
import dev.millrace.engine.loader.MatrixSource;
import dev.millrace.engine.loader.QuantizationError;
import dev.millrace.kernels.ExpertWeight;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.Tensor;
import dev.millrace.kernels.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Brings the experts of a layer to the device.
 *
 * <p>Thread-safety: none.
 */
final class ExpertLoader {
    private final Checkpoint checkpoint;
    private final Kernels kernels;
    private final VectorLoader vectors;
    private final MlpConfig.Experts config;

    ExpertLoader(
            Checkpoint checkpoint,
            Kernels kernels,
            VectorLoader vectors,
            MlpConfig.Experts config) {
        this.checkpoint = checkpoint;
        this.kernels = kernels;
        this.vectors = vectors;
        this.config = config;
    }

    /** {@code prefix}: the layer's. */
    MlpWeights load(String prefix) {
        ExpertNames names = checkpoint.config().names().experts();
        LinearLayer router = router(prefix + names.router());
        if (names instanceof ExpertNames.Stacked stacked) {
            return stacked(prefix, stacked, router);
        }
        ExpertNames.Separate each = (ExpertNames.Separate) names;
        return weights(
                router,
                e -> source(prefix + each.of(e, each.gate())),
                e -> source(prefix + each.of(e, each.up())),
                e -> source(prefix + each.of(e, each.down())),
                null,
                null);
    }

    private LinearLayer router(String name) {
        return new LinearLayer(
                source(name).pack(kernels),
                config.bias() ? vectors.vectors(List.of(name + ".bias")) : null);
    }

    private MatrixSource source(String name) {
        return checkpoint.source(name + ".weight");
    }

    private MlpWeights stacked(String prefix, ExpertNames.Stacked names, LinearLayer router) {
        String gateUp = prefix + names.gateUp();
        String down = prefix + names.down();
        return weights(
                router,
                e -> transposed(gateUp, e, 0, 2),
                e -> transposed(gateUp, e, 1, 2),
                e -> transposed(down, e, 0, 1),
                config.bias() ? gateUpBias(gateUp + "_bias") : null,
                config.bias() ? vectors.matrix(down + "_bias", config.count()) : null);
    }

    private MatrixSource transposed(String name, int expert, int first, int step) {
        return new MatrixSource.Plain(checkpoint.transposed(name, expert, first, step));
    }

    private MlpWeights weights(
            LinearLayer router,
            IntFunction<MatrixSource> gate,
            IntFunction<MatrixSource> up,
            IntFunction<MatrixSource> down,
            Tensor gateUpBias,
            Tensor downBias) {
        List<Weight> gateUps = new ArrayList<>();
        List<Weight> downs = new ArrayList<>();
        for (int e = 0; e < config.count(); e++) {
            gateUps.add(
                    MatrixSource.stack(List.of(gate.apply(e), up.apply(e))).packGateUp(kernels));
            downs.add(down.apply(e).pack(kernels));
        }
        return new MlpWeights.Experts(
                router,
                config.normalized(),
                group(gateUps),
                gateUpBias,
                config.activation(),
                group(downs),
                downBias);
    }

    private ExpertWeight group(List<Weight> experts) {
        try {
            return kernels.group(experts);
        } catch (KernelException e) {
            throw new InvalidModelException(
                    new Problem(
                            QuantizationError.METHOD,
                            "experts on " + kernels.description(),
                            "weights of which the backend says: " + e.getMessage(),
                            "weights of one kind in F32, F16 or BF16; on the CPU GGUF's types too",
                            "Use the model's unquantised checkpoint"),
                    e);
        }
    }

    /** Gates and ups of each expert in turns become gates, then ups. */
    private Tensor gateUpBias(String name) {
        float[] turns = checkpoint.vector(name);
        float[] halves = new float[turns.length];
        int size = config.size();
        for (int i = 0; i < turns.length; i++) {
            int inExpert = i % (2 * size);
            halves[i - inExpert + inExpert % 2 * size + inExpert / 2] = turns[i];
        }
        return vectors.tensor(halves, config.count());
    }
}

package dev.millrace.kernels;

import java.util.Optional;

/**
 * Which device computes, and how.
 *
 * @param device {@code cpu}, or {@code auto} for the best device present
 * @param threads threads of the CPU backend, the calling one included
 * @param computePrecision arithmetic of the CPU backend
 * @param activationType A on a GPU: BF16 or F16
 * @param activationQuantization whether activations are rounded to 8 bits where a checkpoint's scheme says so
 * @param rounding what the CPU backend rounds the weights to as they are packed
 * @param portable why the model needs the CPU backend on the Vector API, which computes all that there is; empty where native kernels do
 */
public record KernelsConfig(
        String device,
        int threads,
        ComputePrecision computePrecision,
        DType activationType,
        ActivationQuantization activationQuantization,
        WeightRounding rounding,
        Optional<String> portable) {

    /** Whether activations are rounded to 8 bits for weights of 8 bits that were made for that. */
    public enum ActivationQuantization {
        /**
         * As {@code CHECKPOINT} on a GPU, which has fast products of such codes, and for W8A8 weights on native CPU kernels in bfloat16;
         * else as {@code OFF}.
         */
        AUTO,
        /** As the checkpoint's scheme says. */
        CHECKPOINT,
        /** Never: weights are multiplied by activations as they are. */
        OFF
    }

    /** Arithmetic of the CPU backend. */
    public enum ComputePrecision {
        /** bfloat16 where the processor multiplies it, float32 elsewhere. */
        AUTO,
        /** float32 on the weights as stored: held to Hugging Face's float32 numbers. */
        FLOAT32,
        /** bfloat16 weights, activations, keys and values; sums in float32. */
        BFLOAT16
    }

    /** What the CPU backend rounds weights to. */
    public enum WeightRounding {
        /** Nothing more than the precision of the products asks for. */
        CHECKPOINT,
        /** Signed bytes with a scale for each output; activations become bytes too, with a scale for each token. */
        INT8,
        /** E4M3 with a scale for each output, for products in bfloat16. */
        FP8
    }

    public KernelsConfig {
        if (activationType != DType.BF16 && activationType != DType.F16) {
            throw new KernelException(
                    "activationType is " + activationType + "; allowed are BF16 and F16");
        }
        if (threads < 1 || threads > 1024) {
            throw new KernelException("threads is " + threads + "; allowed are 1 to 1024");
        }
    }

    /** Activations are quantised as suits the device. */
    public KernelsConfig(
            String device, int threads, ComputePrecision computePrecision, DType activationType) {
        this(device, threads, computePrecision, activationType, ActivationQuantization.AUTO);
    }

    /** Weights stay as the checkpoint has them, and the best kernels of the device compute. */
    public KernelsConfig(
            String device,
            int threads,
            ComputePrecision computePrecision,
            DType activationType,
            ActivationQuantization activationQuantization) {
        this(
                device,
                threads,
                computePrecision,
                activationType,
                activationQuantization,
                WeightRounding.CHECKPOINT,
                Optional.empty());
    }

    /** The same for a model that needs the portable CPU backend, because of {@code reason}. */
    public KernelsConfig withPortable(String reason) {
        return new KernelsConfig(
                device,
                threads,
                computePrecision,
                activationType,
                activationQuantization,
                rounding,
                Optional.of(reason));
    }

    /** The CUDA device with the most free memory. */
    public static KernelsConfig cuda() {
        return new KernelsConfig("cuda", 1, ComputePrecision.FLOAT32, DType.BF16);
    }

    /** The CPU with one thread for each processor. */
    public static KernelsConfig cpu() {
        return cpu(Runtime.getRuntime().availableProcessors());
    }

    /** The CPU with a given number of threads. */
    public static KernelsConfig cpu(int threads) {
        return new KernelsConfig("cpu", threads, ComputePrecision.FLOAT32, DType.BF16);
    }
}

package dev.millrace.engine;

import dev.millrace.kernels.DeviceBytes;

/**
 * How a device's memory is shared out: this engine may use {@code gpu-memory-utilization} of all there is; weights and activations
 * come first, keys and values get the rest.
 *
 * @param device names it in messages
 * @param bytes all of it, and what was free before this engine came
 * @param budget what this engine may use
 * @param weights estimate for the weights
 * @param activations estimate for activations and inputs
 */
record MemoryPlan(String device, DeviceBytes bytes, long budget, long weights, long activations) {

    /** For kernel images, graphs, and what allocations round up to. */
    private static final long RESERVE = 64L << 20;

    static MemoryPlan of(
            String device, DeviceBytes bytes, EngineConfig config, long weights, long activations) {
        long share = (long) (bytes.total() * config.gpuMemoryUtilization());
        MemoryPlan plan = new MemoryPlan(device, bytes, share, weights, activations);
        return config.kvCacheBytes() == 0 ? plan : plan.withKv(config.kvCacheBytes());
    }

    /** As much as is needed for that much KV memory. */
    private MemoryPlan withKv(long kv) {
        long needed = weights + activations + reserve() + kv;
        return new MemoryPlan(device, bytes, needed, weights, activations);
    }

    private long reserve() {
        return Math.min(RESERVE, bytes.total() / 16);
    }

    /** What is left for keys and values. */
    long kvBytes() {
        return budget - weights - activations - reserve();
    }

    /**
     * Refuses what cannot fit, before anything is read.
     *
     * @param leastKv the least that keys and values need, or what was asked for by {@code kv-cache-memory}
     */
    void check(long leastKv) {
        if (budget > bytes.free()) {
            throw refusal(
                    megabytes(bytes.free()) + " free of " + megabytes(bytes.total()),
                    megabytes(budget) + " free, the share that gpu-memory-utilization asks for",
                    "Lower gpu-memory-utilization, end what else uses the device (another engine or process),"
                            + " or choose another with device = cuda:N");
        }
        if (kvBytes() < leastKv) {
            throw refusal(
                    megabytes(budget) + " to use, " + megabytes(bytes.free()) + " free",
                    megabytes(budget - kvBytes() + leastKv)
                            + ": weights "
                            + megabytes(weights)
                            + ", activations "
                            + megabytes(activations)
                            + ", reserve "
                            + megabytes(reserve())
                            + ", keys and values at least "
                            + megabytes(leastKv),
                    "Raise gpu-memory-utilization, lower max-num-batched-tokens or kv-cache-memory,"
                            + " or use a smaller or quantised model");
        }
    }

    private InvalidModelException refusal(String given, String expected, String remedy) {
        return new InvalidModelException(
                new Problem(
                        DeviceErrorCode.OUT_OF_MEMORY,
                        "memory of " + device,
                        given,
                        expected,
                        remedy));
    }

    /** All numbers in one line. */
    String text(long kv, int numBlocks) {
        return "%s free of %s, %s to use; weights %s, activations %s, reserve %s, keys and values %s in %d blocks"
                .formatted(
                        megabytes(bytes.free()),
                        megabytes(bytes.total()),
                        megabytes(budget),
                        megabytes(weights),
                        megabytes(activations),
                        megabytes(reserve()),
                        megabytes(kv),
                        numBlocks);
    }

    private static String megabytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}

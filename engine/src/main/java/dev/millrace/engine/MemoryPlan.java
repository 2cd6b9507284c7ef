package dev.millrace.engine;

import dev.millrace.kernels.BufferPool;
import dev.millrace.kernels.DeviceBytes;
import dev.millrace.kernels.KvShape;

/**
 * How a device's memory is shared out: this engine may use {@code gpu-memory-utilization} of all there is; weights, activations and
 * workspaces come first, keys and values get the rest. Estimates decide before a weight is read whether the model can fit; what keys
 * and values get is measured once the rest is there.
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

    private static final String MAKE_ROOM =
            "Raise gpu-memory-utilization, lower max-num-batched-tokens or kv-cache-memory,"
                    + " or use a smaller or quantised model";

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

    /** Set aside for what is measured only when it is there. */
    long reserve() {
        return Math.min(RESERVE, bytes.total() / 16);
    }

    /** What is left for keys and values, by the estimates. */
    long kvBytes() {
        return budget - weights - activations - reserve();
    }

    /** What is left for keys and values when everything else is there and {@code free} bytes are free. */
    long kvBytes(long free) {
        return budget - (bytes.free() - free);
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
                    MAKE_ROOM);
        }
    }

    /** Refuses what turned out not to fit: {@code available} bytes are left for keys and values. */
    void checkMeasured(long available, long leastKv) {
        if (available < leastKv) {
            throw refusal(
                    megabytes(available)
                            + " of "
                            + megabytes(budget)
                            + " left when all else is there",
                    megabytes(leastKv) + " at least for keys and values",
                    MAKE_ROOM);
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

    /**
     * All numbers in one line, as they came out.
     *
     * @param free bytes that are free now
     * @param buffers what was allocated
     * @param graphs bytes for the steps that the device will record
     * @param kv size of the cache
     */
    String text(long free, BufferPool buffers, long graphs, KvShape kv) {
        StringBuilder purposes = new StringBuilder();
        buffers.bytesByPurpose()
                .forEach(
                        (name, size) ->
                                purposes.append(name)
                                        .append(' ')
                                        .append(megabytes(size))
                                        .append(", "));
        return "%s free of %s, %s to use; %sdriver and kernels %s, graphs to come %s; %d KV blocks of %d tokens"
                .formatted(
                        megabytes(bytes.free()),
                        megabytes(bytes.total()),
                        megabytes(budget),
                        purposes,
                        megabytes(bytes.free() - free - buffers.totalBytes()),
                        megabytes(graphs),
                        kv.numBlocks(),
                        kv.blockSize());
    }

    private static String megabytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}

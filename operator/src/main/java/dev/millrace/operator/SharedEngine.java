package dev.millrace.operator;

import dev.millrace.engine.DeviceErrorCode;
import dev.millrace.engine.EngineError;
import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.ErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.LlmEngine;
import dev.millrace.engine.LlmException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/**
 * A lease on one of this process's engines. All subtasks and jobs whose providers are equal share one engine, provided that
 * they see the same class: put the jar into Flink's {@code lib/} for that. After the last lease the engine lingers, so that
 * a restarted job finds its weights loaded.
 *
 * <p>Thread-safety: none; one lease belongs to one task thread.
 */
public final class SharedEngine implements AutoCloseable {
    /** Name of Flink's external resource for GPUs. */
    public static final String GPUS = FlinkGpus.RESOURCE;

    // The one piece of process-wide state: what is shared must be found from anywhere.
    private static final EngineRegistry PROCESS = new EngineRegistry();

    private final EngineRegistry registry;
    private final EngineRegistry.Entry entry;
    private final LlmEngine engine;
    private final Duration linger;
    private boolean closed;

    private SharedEngine(
            EngineRegistry registry,
            EngineRegistry.Entry entry,
            LlmEngine engine,
            Duration linger) {
        this.registry = registry;
        this.entry = entry;
        this.engine = engine;
        this.linger = linger;
    }

    /**
     * A lease on the provider's engine, which is loaded if this process does not have it yet.
     *
     * @param linger how long the engine stays loaded after its last lease
     * @throws LlmException if the engine cannot be loaded
     * @throws InterruptedException if interrupted while waiting; loading then goes on for others
     */
    public static SharedEngine acquire(EngineProvider provider, Duration linger)
            throws InterruptedException {
        return acquire(PROCESS, List.of(provider), linger);
    }

    /**
     * A lease for a task of Flink, on an engine that runs on one of the task's GPUs if the provider leaves the device open.
     *
     * @param gpus what Flink has for the task under the name {@link #GPUS}
     * @throws SuppressRestartsException if the checkpoint cannot be used: no restart will mend it, so the job ends with the reason
     * @throws EngineFailedException if the device is lost; the process then ends if the options want it
     * @throws InterruptedException if interrupted while waiting
     */
    public static SharedEngine acquireForTask(
            EngineProvider provider, Set<ExternalResourceInfo> gpus, OperatorOptions options)
            throws InterruptedException {
        try {
            List<Integer> indexes = FlinkGpus.indexes(gpus);
            return acquire(PROCESS, provider.onGpus(indexes), options.engineLinger());
        } catch (InvalidModelException e) {
            throw new SuppressRestartsException(e);
        } catch (EngineFailedException e) {
            exitIfDeviceLost(e, options.onEngineFailure());
            throw e;
        }
    }

    /** A lease on the engine of that provider whose device has the fewest users in this process. */
    static SharedEngine acquire(
            EngineRegistry registry, List<EngineProvider> providers, Duration linger)
            throws InterruptedException {
        EngineRegistry.Entry entry = registry.retain(providers);
        boolean acquired = false;
        try {
            SharedEngine lease = new SharedEngine(registry, entry, entry.engine.get(), linger);
            acquired = true;
            return lease;
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } finally {
            if (!acquired) {
                registry.release(entry, linger);
            }
        }
    }

    private static RuntimeException unwrapped(ExecutionException e) {
        if (e.getCause() instanceof LlmException cause) {
            return cause;
        }
        return new IllegalStateException("The engine could not be loaded", e.getCause());
    }

    /** The engine; do not close it. */
    public LlmEngine engine() {
        return engine;
    }

    /** The engine is broken: those who come later load it anew. */
    void discard() {
        registry.discard(entry);
    }

    /** What a task does when its engine breaks: others load it anew, and the process ends if its device is lost and that is wanted. */
    public void failed(EngineFailedException e, OnEngineFailure reaction) {
        discard();
        exitIfDeviceLost(e, reaction);
    }

    /** A device that hangs is as good as lost. */
    private static void exitIfDeviceLost(EngineFailedException e, OnEngineFailure reaction) {
        ErrorCode code = e.problem().code();
        boolean lost = code == DeviceErrorCode.DEVICE_LOST || code == EngineError.STEP_TIMEOUT;
        if (lost && reaction == OnEngineFailure.EXIT_IF_DEVICE_LOST) {
            ProcessExit.deviceLost(e.problem());
        }
    }

    /** Ends the lease. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            registry.release(entry, linger);
        }
    }

    /** Leases of this process that have not been closed. */
    public static int openLeases() {
        return PROCESS.users();
    }

    /** Closes engines without a lease now. */
    public static void closeIdle() {
        PROCESS.closeIdle();
    }
}

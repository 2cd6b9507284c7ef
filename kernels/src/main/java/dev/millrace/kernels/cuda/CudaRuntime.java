package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBytes;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.Readback;
import dev.millrace.kernels.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One opened device: context, stream, memory, kernels, copies both ways.
 *
 * <p>Thread-safety: one thread at a time.
 */
public final class CudaRuntime implements AutoCloseable {
    private final CudaContext context;
    private final CudaStream stream;
    private final CudaModule module;
    private final DeviceMemory memory;
    private final Launcher launcher;
    private final Uploads uploads;
    private final Downloads downloads;
    private final StepGraphs graphs;
    private final List<CudaReadback> readbacks = new ArrayList<>();
    private final CudaOps ops;

    private CudaRuntime(
            CudaContext context, CudaDevice device, byte[] fatbin, KernelsConfig config) {
        this.context = context;
        stream = new CudaStream();
        module = new CudaModule(fatbin);
        graphs = new StepGraphs(stream);
        memory = new DeviceMemory(stream, graphs);
        launcher = new Launcher(module, stream);
        uploads = new Uploads(stream, launcher);
        downloads = new Downloads(stream);
        boolean quantizes = config.activationQuantization() != ActivationQuantization.OFF;
        ops = new CudaOps(device, launcher, memory, uploads, config.activationType(), quantizes);
    }

    /** Opens the device that {@code config} names. */
    public static CudaRuntime open(KernelsConfig config) {
        byte[] fatbin = CudaModule.fatbin();
        CudaDriver.load();
        CudaDevice device = DeviceChoice.choose(config.device());
        CudaContext context = new CudaContext(device);
        try {
            return new CudaRuntime(context, device, fatbin, config);
        } catch (KernelException e) {
            // With it goes whatever else was made.
            context.close();
            throw e;
        }
    }

    /** What the operations work with. */
    public CudaOps ops() {
        return ops;
    }

    /** The calling thread works from now on, and what it launches may read everything that was uploaded. */
    public void prepareLaunch() {
        context.makeCurrent();
        uploads.flush();
    }

    /** Memory of the device. */
    public DeviceBytes bytes() {
        return new DeviceBytes(ops.device().totalBytes(), context.freeBytes());
    }

    /** The calling thread works from now on. */
    public void makeCurrent() {
        context.makeCurrent();
    }

    /** As {@code Kernels.replay}. */
    public void replay(int shape, Runnable step) {
        graphs.run(shape, step);
    }

    /** The time that the device takes from the begin to the end of what {@code work} enqueues; does not wait for it. */
    public DeviceTime time(Runnable work) {
        prepareLaunch();
        DeviceEvent start = DeviceEvent.record(stream);
        try {
            work.run();
            uploads.flush();
            return new DeviceTime(start, DeviceEvent.record(stream));
        } catch (RuntimeException | Error e) {
            start.close();
            throw e;
        }
    }

    /** The time of each kernel that {@code work} launches; recorded steps run kernel by kernel meanwhile. */
    public List<KernelTime> trace(Runnable work) {
        prepareLaunch();
        try (LaunchTrace trace = new LaunchTrace(stream)) {
            launcher.trace(trace);
            graphs.pause(true);
            work.run();
            return trace.times();
        } finally {
            launcher.trace(null);
            graphs.pause(false);
        }
    }

    /** Bytes that the driver reads and writes in a second when it copies {@code bytes} inside of the device. */
    public double copyRate(long bytes) {
        context.makeCurrent();
        return CopyRate.measure(this, stream, bytes);
    }

    /** Kernels launched so far, without those that graphs have launched. */
    public long launches() {
        return launcher.launches();
    }

    /** Graphs launched so far. */
    public long graphLaunches() {
        return graphs.launches();
    }

    /** As {@code Kernels.copyIn}. */
    public void copyIn(int[] source, int count, Tensor target) {
        graphs.checkNotRecording("copyIn");
        uploads.ints(source, count, target);
    }

    /** As {@code Kernels.copyIn}. */
    public void copyIn(long[] source, int count, Tensor target) {
        graphs.checkNotRecording("copyIn");
        uploads.longs(source, count, target);
    }

    /** As {@code Kernels.copyIn}. */
    public void copyIn(float[] source, int count, Tensor target) {
        graphs.checkNotRecording("copyIn");
        if (target.dtype() == DType.F32) {
            uploads.floats(source, count, target);
        } else {
            uploads.halves(source, count, target);
        }
    }

    /** As {@code Kernels.copyInTokens}. */
    public void copyInTokens(int[] source, int count, Tensor target, Tensor drawn) {
        graphs.checkNotRecording("copyInTokens");
        uploads.tokens(source, count, target, drawn);
    }

    /** As {@code Kernels.newReadback}. */
    public Readback newReadback(int bytes) {
        CudaReadback readback = new CudaReadback(stream, uploads, bytes);
        readbacks.add(readback);
        return readback;
    }

    /** As {@code Kernels.copyOut}. */
    public void copyOut(Tensor source, int count, int[] target) {
        graphs.checkNotRecording("copyOut");
        uploads.flush();
        downloads.ints(source, count, target);
    }

    /** As {@code Kernels.copyOut}. */
    public void copyOut(Tensor source, int count, float[] target) {
        graphs.checkNotRecording("copyOut");
        uploads.flush();
        if (source.dtype() == DType.F32) {
            downloads.floats(source, count, target);
        } else {
            downloads.halves(source, count, target);
        }
    }

    /** Waits for everything. */
    public void synchronize() {
        graphs.checkNotRecording("synchronize");
        uploads.flush();
        stream.synchronize();
    }

    /** One line for logs. */
    public String description() {
        return ops.device() + ", " + ops.activationType().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() {
        context.makeCurrent();
        stream.drain();
        graphs.close();
        readbacks.forEach(CudaReadback::close);
        downloads.close();
        uploads.close();
        launcher.close();
        memory.close();
        module.close();
        stream.close();
        context.close();
    }
}

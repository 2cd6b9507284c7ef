package dev.millrace.kernels.cuda;

import dev.millrace.kernels.KernelException;
import java.util.Arrays;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records steps as CUDA graphs, one for each shape, and launches them again: hundreds of kernels for the price of one launch.
 *
 * <p>A graph holds addresses, so that all are dropped when a buffer is freed.
 *
 * <p>Thread-safety: none.
 */
final class StepGraphs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepGraphs.class);

    private final CudaStream stream;
    private int[] shapes = new int[16];
    private CUgraphExec[] graphs = new CUgraphExec[16];
    private int count;
    private boolean recording;
    private boolean disabled;
    private boolean paused;
    private long launches;

    StepGraphs(CudaStream stream) {
        this.stream = stream;
    }

    /**
     * Runs {@code step}: the first time as it is, so that whatever is allocated or looked up on first use is there; the second time
     * it is recorded.
     */
    void run(int shape, Runnable step) {
        if (paused) {
            step.run();
            return;
        }
        int index = find(shape);
        if (index < 0 && !disabled) {
            add(shape);
        } else if (!disabled && graphs[index] == null) {
            graphs[index] = record(shape, step);
        }
        if (index < 0 || disabled) {
            step.run();
            return;
        }
        CudaResult.check(
                JCudaDriver.cuGraphLaunch(graphs[index], stream.handle()), "cuGraphLaunch");
        launches++;
    }

    /** While it pauses, steps run as they are. */
    void pause(boolean newPaused) {
        paused = newPaused;
    }

    /** −1 if the shape is new. */
    private int find(int shape) {
        for (int i = 0; i < count; i++) {
            if (shapes[i] == shape) {
                return i;
            }
        }
        return -1;
    }

    private void add(int shape) {
        if (count == shapes.length) {
            shapes = Arrays.copyOf(shapes, 2 * count);
            graphs = Arrays.copyOf(graphs, 2 * count);
        }
        shapes[count++] = shape;
    }

    /** Null if there is no memory for it: then the kernels are launched one by one from now on. */
    private CUgraphExec record(int shape, Runnable step) {
        CUgraph graph = capture(step);
        CUgraphExec executable = new CUgraphExec();
        int result = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
        JCudaDriver.cuGraphDestroy(graph);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            LOG.warn(
                    "No memory for the graph of steps of shape {}; kernels are launched one by one.",
                    shape);
            disabled = true;
            return null;
        }
        CudaResult.check(result, "cuGraphInstantiate");
        return executable;
    }

    private CUgraph capture(Runnable step) {
        CUgraph graph = new CUgraph();
        CudaResult.check(
                JCudaDriver.cuStreamBeginCapture(
                        stream.handle(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED),
                "cuStreamBeginCapture");
        recording = true;
        boolean complete = false;
        try {
            step.run();
            complete = true;
        } finally {
            recording = false;
            int result = JCudaDriver.cuStreamEndCapture(stream.handle(), graph);
            if (complete) {
                CudaResult.check(result, "cuStreamEndCapture");
            }
        }
        return graph;
    }

    /** Refuses what a graph cannot hold: copies from and to the host. */
    void checkNotRecording(String operation) {
        if (recording) {
            throw new KernelException(operation + " inside of a step that is recorded");
        }
    }

    /** Graphs launched so far. */
    long launches() {
        return launches;
    }

    /** Forgets all graphs. */
    void clear() {
        for (int i = 0; i < count; i++) {
            if (graphs[i] != null) {
                JCudaDriver.cuGraphExecDestroy(graphs[i]);
                graphs[i] = null;
            }
        }
        count = 0;
    }

    @Override
    public void close() {
        clear();
    }
}

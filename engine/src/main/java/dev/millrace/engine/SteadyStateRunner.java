package dev.millrace.engine;

import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.cuda.DeviceTime;
import dev.millrace.kernels.cuda.KernelTime;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Runs batches one ahead and takes their times, by events of the device around each launch, so that nothing waits that would not wait
 * without them. Or answers batches at once without computing anything, none ahead.
 *
 * <p>Thread-safety: none.
 */
final class SteadyStateRunner implements BatchRunner {
    /** Never the end token of a synthetic model. */
    private static final int ANY_TOKEN = 0;

    private final ModelRunner runner;
    private final CudaKernels kernels;
    private final ArrayDeque<Launch> launches = new ArrayDeque<>();
    private Mode mode = Mode.TIME;
    private double deviceMilliseconds;
    private long waitNanos;
    private int sequences;
    private int tokens;
    private List<KernelTime> trace = List.of();

    /** What is done with a batch. */
    enum Mode {
        SKIP,
        TIME,
        TRACE
    }

    /** A batch on its way. Its numbers are copied: the host goes on with its books meanwhile. */
    private record Launch(ScheduledBatch batch, int sequences, int tokens, DeviceTime time) {}

    SteadyStateRunner(ModelRunner runner, CudaKernels kernels) {
        this.runner = runner;
        this.kernels = kernels;
    }

    /** Skipping must begin with nothing on its way. */
    void use(Mode newMode) {
        mode = newMode;
    }

    @Override
    public int stepsAhead() {
        return mode == Mode.SKIP ? 0 : runner.stepsAhead();
    }

    @Override
    public void launch(ScheduledBatch batch) {
        if (mode == Mode.SKIP) {
            return;
        }
        DeviceTime time =
                kernels.time(
                        () -> {
                            if (mode == Mode.TRACE) {
                                trace = kernels.trace(() -> runner.launch(batch));
                            } else {
                                runner.launch(batch);
                            }
                        });
        launches.add(new Launch(batch, batch.size(), batch.numTokens(), time));
    }

    @Override
    public void draw(ScheduledBatch batch) {
        if (mode != Mode.SKIP) {
            runner.draw(batch);
        }
    }

    @Override
    public void read(ScheduledBatch batch) {
        if (mode == Mode.SKIP) {
            for (int s = 0; s < batch.size(); s++) {
                batch.setSampled(s, ANY_TOKEN, null);
            }
            return;
        }
        Launch launch = launches.remove();
        long start = System.nanoTime();
        runner.read(batch);
        deviceMilliseconds = launch.time.milliseconds();
        waitNanos += System.nanoTime() - start;
        sequences = launch.sequences;
        tokens = launch.tokens;
    }

    /** Reads what is on its way for a loop that has ended. */
    void drain() {
        while (!launches.isEmpty()) {
            read(launches.peek().batch);
        }
    }

    /** Of the last batch read: time on the device. */
    double deviceMilliseconds() {
        return deviceMilliseconds;
    }

    /** Time spent in {@link #read} since this was last asked. */
    long takeWaitNanos() {
        long taken = waitNanos;
        waitNanos = 0;
        return taken;
    }

    /** Of the last batch read. */
    int sequences() {
        return sequences;
    }

    /** Token rows of the last batch read. */
    int tokens() {
        return tokens;
    }

    /** Kernels of the last traced batch. */
    List<KernelTime> trace() {
        return trace;
    }

    @Override
    public void close() {
        runner.close();
    }
}

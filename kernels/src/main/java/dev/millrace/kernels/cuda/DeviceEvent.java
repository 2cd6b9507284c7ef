package dev.millrace.kernels.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * A moment in the work of a stream, by the device's own clock.
 *
 * <p>Thread-safety: none.
 */
final class DeviceEvent implements AutoCloseable {
    private final CUevent handle = new CUevent();

    private DeviceEvent() {
        CudaResult.check(
                JCudaDriver.cuEventCreate(handle, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
    }

    /** When all that was enqueued so far is done. */
    static DeviceEvent record(CudaStream stream) {
        DeviceEvent event = new DeviceEvent();
        CudaResult.check(JCudaDriver.cuEventRecord(event.handle, stream.handle()), "cuEventRecord");
        return event;
    }

    /** Waits until it has come. */
    void await() {
        CudaResult.check(JCudaDriver.cuEventSynchronize(handle), "cuEventSynchronize");
    }

    /** Milliseconds from {@code earlier} to this; both must have come. */
    double since(DeviceEvent earlier) {
        float[] milliseconds = new float[1];
        CudaResult.check(
                JCudaDriver.cuEventElapsedTime(milliseconds, earlier.handle, handle),
                "cuEventElapsedTime");
        return milliseconds[0];
    }

    @Override
    public void close() {
        JCudaDriver.cuEventDestroy(handle);
    }
}

package dev.millrace.kernels.cuda;

import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/**
 * The device's primary context, which all users in the process share.
 *
 * <p>Thread-safety: one thread at a time; {@link #makeCurrent} tells the driver which.
 */
final class CudaContext implements AutoCloseable {
    private final CUcontext handle = new CUcontext();
    private final CUdevice device;
    private Thread current;

    CudaContext(CudaDevice device) {
        this.device = CudaDevice.handle(device.ordinal());
        CudaResult.check(
                JCudaDriver.cuDevicePrimaryCtxRetain(handle, this.device),
                "cuDevicePrimaryCtxRetain");
        makeCurrent();
    }

    /** The calling thread is the one that works from now on. */
    void makeCurrent() {
        if (current != Thread.currentThread()) {
            CudaResult.check(JCudaDriver.cuCtxSetCurrent(handle), "cuCtxSetCurrent");
            current = Thread.currentThread();
        }
    }

    /** Bytes that are free on the device now. */
    long freeBytes() {
        long[] free = new long[1];
        long[] total = new long[1];
        CudaResult.check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
        return free[0];
    }

    @Override
    public void close() {
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}

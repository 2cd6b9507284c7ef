package dev.millrace.kernels.cuda;

import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The one stream on which a backend's work runs in order.
 *
 * <p>Thread-safety: none.
 */
final class CudaStream implements AutoCloseable {
    private final CUstream handle = new CUstream();

    CudaStream() {
        CudaResult.check(
                JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING),
                "cuStreamCreate");
    }

    CUstream handle() {
        return handle;
    }

    /** Waits for everything enqueued so far; what failed meanwhile is thrown here. */
    void synchronize() {
        CudaResult.check(JCudaDriver.cuStreamSynchronize(handle), "cuStreamSynchronize");
    }

    /** Waits until the device touches no memory any more, whether or not it works. */
    void drain() {
        JCudaDriver.cuStreamSynchronize(handle);
    }

    @Override
    public void close() {
        JCudaDriver.cuStreamDestroy(handle);
    }
}

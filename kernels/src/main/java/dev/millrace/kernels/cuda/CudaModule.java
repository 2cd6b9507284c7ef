package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import dev.millrace.kernels.KernelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The compiled kernels of the jar, loaded into the current context.
 *
 * <p>Thread-safety: none.
 */
final class CudaModule implements AutoCloseable {
    private static final String RESOURCE = "kernels.fatbin";

    private final CUmodule module = new CUmodule();
    private final CUfunction[] functions = new CUfunction[EntryPoint.values().length];

    CudaModule(byte[] fatbin) {
        int result = JCudaDriver.cuModuleLoadData(module, fatbin);
        if (result != CUresult.CUDA_SUCCESS) {
            throw corrupt("an image that the driver refuses: " + CudaResult.name(result));
        }
    }

    /** The fatbin of the jar. */
    static byte[] fatbin() {
        try (InputStream resource = CudaModule.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw noKernels();
            }
            return resource.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The jar was built for the CPU only. */
    static KernelException noKernels() {
        return new DeviceProblem(
                        DeviceError.NO_KERNELS,
                        "millrace-kernels",
                        "a jar built without CUDA kernels",
                        "one built where a CUDA compiler or Python was at hand",
                        "Build it with CUDA_HOME set, or set device = cpu")
                .exception();
    }

    private static KernelException corrupt(String given) {
        return new DeviceProblem(
                        DeviceError.CORRUPT_KERNELS,
                        "millrace-kernels",
                        given,
                        "the CUDA kernels of this version",
                        "Fetch the jar again, or set device = cpu")
                .exception();
    }

    /** A kernel; looked up when it is first asked for, as not every architecture has all. */
    CUfunction function(EntryPoint entry) {
        CUfunction function = functions[entry.ordinal()];
        if (function == null) {
            function = new CUfunction();
            int result = JCudaDriver.cuModuleGetFunction(function, module, entry.symbol());
            if (result != CUresult.CUDA_SUCCESS) {
                throw corrupt("no kernel " + entry.symbol() + ": " + CudaResult.name(result));
            }
            functions[entry.ordinal()] = function;
        }
        return function;
    }

    @Override
    public void close() {
        JCudaDriver.cuModuleUnload(module);
    }
}

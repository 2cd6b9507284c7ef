package dev.millrace.kernels.cuda;

import jcuda.driver.CUdeviceptr;

/**
 * A device address as a number, which JCuda hides.
 *
 * <p>Thread-safety: as the driver call that sets it.
 */
final class DevicePointer extends CUdeviceptr {

    /** Address 0; an allocation sets it. */
    DevicePointer() {}

    /** A given address. */
    DevicePointer(long address) {
        super(new CUdeviceptr(), address);
    }

    long address() {
        return getNativePointer() + getByteOffset();
    }
}

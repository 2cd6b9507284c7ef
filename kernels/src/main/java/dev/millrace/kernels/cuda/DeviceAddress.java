package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Buffer;
import dev.millrace.kernels.DeviceBuffer;

/** Where buffers lie. */
final class DeviceAddress {
    private DeviceAddress() {}

    /** Address of the first element; 0 for null. */
    static long of(Buffer buffer) {
        return buffer == null ? 0 : ((DeviceBuffer) buffer).address();
    }
}

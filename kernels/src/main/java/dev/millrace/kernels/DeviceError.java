package dev.millrace.kernels;

/** What can be wrong with a device, apart from wrong arguments. */
public enum DeviceError {
    /** The device is not one of those that can be named. */
    UNKNOWN_DEVICE,
    /** The device does not compute in this way. */
    UNSUPPORTED_ARITHMETIC,
    /** No CUDA driver on this machine. */
    NO_DRIVER,
    /** The driver does not understand the kernels of this version. */
    DRIVER_TOO_OLD,
    /** A driver without a device. */
    NO_DEVICE,
    /** The device's architecture is older than the kernels. */
    ARCHITECTURE_TOO_OLD,
    /** The jar was built without CUDA kernels. */
    NO_KERNELS,
    /** The kernels of the jar are damaged. */
    CORRUPT_KERNELS,
    /** The device's kernels compute no such model. */
    UNSUPPORTED_MODEL,
    /** Less memory is free than is needed. */
    OUT_OF_MEMORY,
    /** A call failed that may work another time. */
    DRIVER_FAILED,
    /** The device, or this process's hold on it, is lost until the process ends. */
    DEVICE_LOST
}

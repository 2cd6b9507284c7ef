package dev.millrace.engine;

import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import dev.millrace.kernels.KernelException;
import java.util.Optional;

/** Problems of the device that computes: the kernels' {@link DeviceError} with stable codes. */
public enum DeviceErrorCode implements ErrorCode {
    /** No device has this name. */
    UNKNOWN_DEVICE("LLM-DV-01", Status.INVALID_INPUT),
    /** No CUDA driver on this machine. */
    NO_DRIVER("LLM-DV-02", Status.ENGINE_ERROR),
    /** The CUDA driver is too old. */
    DRIVER_TOO_OLD("LLM-DV-03", Status.ENGINE_ERROR),
    /** A CUDA driver without a device. */
    NO_DEVICE("LLM-DV-04", Status.ENGINE_ERROR),
    /** The device is older than the kernels. */
    ARCHITECTURE_TOO_OLD("LLM-DV-05", Status.ENGINE_ERROR),
    /** The jar was built without CUDA kernels. */
    NO_KERNELS("LLM-DV-06", Status.ENGINE_ERROR),
    /** The CUDA kernels of the jar are damaged. */
    CORRUPT_KERNELS("LLM-DV-07", Status.ENGINE_ERROR),
    /** Model, activations and KV cache need more memory than the device has free. */
    OUT_OF_MEMORY("LLM-DV-08", Status.ENGINE_ERROR),
    /** A call of the CUDA driver failed. */
    DRIVER_FAILED("LLM-DV-09", Status.ENGINE_ERROR),
    /** The device is lost to this process until it ends. */
    DEVICE_LOST("LLM-DV-10", Status.ENGINE_ERROR),
    /** The device's kernels compute no such model. */
    UNSUPPORTED_MODEL("LLM-DV-11", Status.ENGINE_ERROR),
    /** An option asks for arithmetic that the device does not have. */
    UNSUPPORTED_ARITHMETIC("LLM-DV-12", Status.INVALID_INPUT);

    private final String id;
    private final Status status;

    DeviceErrorCode(String id, Status status) {
        this.id = id;
        this.status = status;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public Status status() {
        return status;
    }

    static DeviceErrorCode of(DeviceError error) {
        return switch (error) {
            case UNKNOWN_DEVICE -> UNKNOWN_DEVICE;
            case UNSUPPORTED_ARITHMETIC -> UNSUPPORTED_ARITHMETIC;
            case NO_DRIVER -> NO_DRIVER;
            case DRIVER_TOO_OLD -> DRIVER_TOO_OLD;
            case NO_DEVICE -> NO_DEVICE;
            case ARCHITECTURE_TOO_OLD -> ARCHITECTURE_TOO_OLD;
            case NO_KERNELS -> NO_KERNELS;
            case CORRUPT_KERNELS -> CORRUPT_KERNELS;
            case OUT_OF_MEMORY -> OUT_OF_MEMORY;
            case DRIVER_FAILED -> DRIVER_FAILED;
            case DEVICE_LOST -> DEVICE_LOST;
            case UNSUPPORTED_MODEL -> UNSUPPORTED_MODEL;
        };
    }

    /** The device's problem that {@code cause} tells of; empty if it is about something else. */
    public static Optional<Problem> problem(Throwable cause) {
        return cause instanceof KernelException failure
                ? failure.problem().map(DeviceErrorCode::problem)
                : Optional.empty();
    }

    private static Problem problem(DeviceProblem problem) {
        return new Problem(
                of(problem.error()),
                problem.where(),
                problem.given(),
                problem.allowed(),
                problem.remedy());
    }
}

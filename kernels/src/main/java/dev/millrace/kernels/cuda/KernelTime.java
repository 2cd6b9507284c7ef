package dev.millrace.kernels.cuda;

/**
 * One launch, by the device's clock.
 *
 * @param kernel name of its entry point
 * @param start milliseconds from the begin of the trace
 * @param duration milliseconds
 */
public record KernelTime(String kernel, double start, double duration) {}

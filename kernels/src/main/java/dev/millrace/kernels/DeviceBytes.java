package dev.millrace.kernels;

/**
 * Memory of a device, whoever uses it.
 *
 * @param total all there is
 * @param free what is free now
 */
public record DeviceBytes(long total, long free) {}

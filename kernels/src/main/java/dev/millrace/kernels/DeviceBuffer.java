package dev.millrace.kernels;

/**
 * Memory of a CUDA device.
 *
 * @param dtype type of the elements
 * @param length number of elements
 * @param address device address of the first element, a multiple of 256
 */
public record DeviceBuffer(DType dtype, long length, long address) implements Buffer {}

package dev.millrace.kernels;

/**
 * Memory with an address: of a CUDA device, or of this process outside of the Java heap.
 *
 * @param dtype type of the elements
 * @param length number of elements
 * @param address address of the first element, a multiple of 256 on a device and of 64 elsewhere
 */
public record DeviceBuffer(DType dtype, long length, long address) implements Buffer {}

/**
 * The CUDA backend: the driver API through JCuda, device memory, uploads, launches, and one class for each family of
 * operations that knows its kernels' launch geometry. Nothing outside of this package sees JCuda.
 */
package dev.millrace.kernels.cuda;

/**
 * The CPU backend: one class for each family of operations over {@link dev.millrace.kernels.cpu.Lanes}, the inner loops
 * of one instruction set, and {@link dev.millrace.kernels.cpu.WorkerPool}, the threads.
 *
 * <p>Operations trust their arguments; {@link dev.millrace.kernels.CpuKernels} has checked them. Nothing is allocated once
 * the largest shapes have been seen.
 */
package dev.millrace.kernels.cpu;

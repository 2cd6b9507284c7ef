/** The CPU backend in C: the library, its memory, and its operations for three instruction families. */
package dev.millrace.kernels.x86;

/** Commands about the GPU. */
package dev.millrace.examples.gpu;

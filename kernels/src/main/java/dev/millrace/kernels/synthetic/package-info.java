/**
 * Operations at the shapes of a model, with weights and inputs made from a seed: one list for the tests, for {@code gpu-check} and
 * for {@code gpu-bench}.
 */
package dev.millrace.kernels.synthetic;

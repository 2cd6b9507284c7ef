/**
 * Numeric operations on buffers, and nothing else: no request, model or stream is known here.
 *
 * <p>{@link dev.millrace.kernels.Kernels} is the whole interface: about fifteen fused operations over packed batches.
 * A backend implements it; the loops of the CPU backend live in {@code cpu}.
 *
 * <p>Shape letters used in every comment: {@code T} token rows of the step, {@code S} sequences of the step, {@code H}
 * query heads, {@code Hkv} key/value heads, {@code D} head dimension, {@code E} hidden size, {@code F} MLP size,
 * {@code V} vocabulary, {@code N} KV blocks, {@code B} tokens per block, {@code L} layers.
 */
package dev.millrace.kernels;

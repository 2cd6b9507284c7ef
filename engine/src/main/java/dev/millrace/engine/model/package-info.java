/**
 * One decoder, driven by a {@link dev.millrace.engine.model.ModelConfig}, for every family: weights on the device and the
 * forward pass over a packed batch.
 */
package dev.millrace.engine.model;

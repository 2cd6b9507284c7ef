/**
 * From {@link dev.millrace.engine.Request} to {@link dev.millrace.engine.Completion} in one process.
 *
 * <p>{@link dev.millrace.engine.LlmEngine} is the way in. One engine thread owns all mutable state ({@code EngineLoop});
 * callers post commands and wait on futures. {@code Scheduler} decides which tokens are computed next, {@code ModelRunner}
 * computes them. Models live in {@code model}, checkpoint formats in {@code loader}, text in {@code tokenizer}.
 */
package dev.millrace.engine;

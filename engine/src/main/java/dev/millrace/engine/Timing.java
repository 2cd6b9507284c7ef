package dev.millrace.engine;

/**
 * Where a request's time went, in nanoseconds.
 *
 * @param queueNanos from submission to the first scheduled token
 * @param firstTokenNanos from submission to the first new token
 * @param totalNanos from submission to the end
 */
public record Timing(long queueNanos, long firstTokenNanos, long totalNanos) {}

/**
 * Records in flight: from a Flink record to a request of the engine and back, with checkpoints of half-generated answers.
 *
 * <p>Start at {@link dev.millrace.operator.LlmInference}, then read {@link dev.millrace.operator.LlmOperator}.
 */
package dev.millrace.operator;

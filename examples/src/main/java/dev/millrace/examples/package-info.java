/**
 * The command line ({@link dev.millrace.examples.Millrace}) and the quickstart: a broker, a Flink cluster and the
 * Kafka-to-Kafka job in one process, with a ledger over what came out.
 */
package dev.millrace.examples;

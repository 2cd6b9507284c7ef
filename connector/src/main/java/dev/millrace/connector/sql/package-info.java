/**
 * Models in Flink SQL: their options, tasks and errors. {@code row} holds values of columns, {@code model} what is asked about rows; on both
 * stand {@code provider} for {@code ML_PREDICT}, {@code function} for the SQL functions and {@code table} for Kafka tables.
 */
package dev.millrace.connector.sql;

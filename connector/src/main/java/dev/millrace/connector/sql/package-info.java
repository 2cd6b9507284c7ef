/**
 * Models in Flink SQL: the provider of {@code CREATE MODEL}, the SQL functions, and typed answers. Knows the operator for its shared engines
 * only.
 */
package dev.millrace.connector.sql;

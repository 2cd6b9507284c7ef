/** Kafka tables with columns that a model fills; the model runs in the operator. */
package dev.millrace.connector.sql.table;

/** What a statement says about a model, read and checked, and the rows that the model answers. */
package dev.millrace.connector.sql.model;

/** Values of columns: rows as texts for prompts, answers as rows, and the schema that the columns of an answer make. */
package dev.millrace.connector.sql.row;

/** The functions of {@code LOAD MODULE millrace}. */
package dev.millrace.connector.sql.function;

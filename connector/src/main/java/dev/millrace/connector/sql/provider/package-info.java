/** {@code CREATE MODEL} and {@code ML_PREDICT}. */
package dev.millrace.connector.sql.provider;

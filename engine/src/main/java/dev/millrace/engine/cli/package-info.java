/** Commands that need nothing but an engine: {@code generate}, {@code score}, {@code chat}, {@code bench}. */
package dev.millrace.engine.cli;

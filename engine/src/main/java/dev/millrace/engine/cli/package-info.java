/**
 * Commands that need an engine, {@code generate}, {@code score}, {@code chat}, {@code bench}, and those that need less: {@code
 * pull}, {@code inspect}, {@code render}.
 */
package dev.millrace.engine.cli;

/** Text to tokens and back, and chat templates. */
package dev.millrace.engine.tokenizer;

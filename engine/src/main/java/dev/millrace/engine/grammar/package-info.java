/**
 * Constrained decoding: answers that are forced into a language of byte strings, and end in it before their tokens run out.
 *
 * <p>A {@link dev.millrace.engine.grammar.Rule} describes the language; its leaves are {@link
 * dev.millrace.engine.grammar.Lexeme}s, deterministic byte automata. {@link dev.millrace.engine.grammar.Configurations} runs
 * a rule one byte at a time, with an explicit stack, and remembers every step it has taken. {@link
 * dev.millrace.engine.grammar.TokenMasks} walks the trie of all tokens through it to find those that may come next.
 *
 * <p>Everything works on bytes, never on characters or whole tokens: a token may hold half a code point, or the end of one
 * field and the start of the next.
 */
package dev.millrace.engine.grammar;

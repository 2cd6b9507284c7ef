package dev.millrace.engine;

import dev.millrace.engine.tokenizer.Tokenizer;

/** Makes text of an answer's tokens; a tokenizer that breaks on them is this request's trouble, not the engine's. */
final class AnswerText {

    private AnswerText() {}

    static String append(TextStream stream, int tokenId) {
        try {
            return stream.append(tokenId);
        } catch (RuntimeException e) {
            throw undecodable(e);
        }
    }

    static String decode(Tokenizer tokenizer, TokenIds tokenIds, int count) {
        try {
            return tokenizer.decode(tokenIds.toArray(), 0, count);
        } catch (RuntimeException e) {
            throw undecodable(e);
        }
    }

    /** Without the tokenizer's own words, which may quote the answer. */
    private static InvalidRequestException undecodable(RuntimeException e) {
        return new InvalidRequestException(
                new Problem(
                        EngineError.UNDECODABLE,
                        "answer",
                        "tokens on which the tokenizer fails with " + e.getClass().getName(),
                        "tokens that have a text",
                        "Check that the tokenizer belongs to the checkpoint"));
    }
}

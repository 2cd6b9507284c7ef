package dev.millrace.engine;

/**
 * Tokens of a request.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedPromptTokens those of them whose keys and values came from the prefix cache
 * @param generatedTokens tokens of all outputs
 * @param resumedTokens those of them that were brought along from before a restore
 * @param effectiveMaxTokens most tokens that an output could have: the request's {@code maxTokens}, or fewer where the model's length
 *     left no room for so many behind the prompt; 0 where nothing is generated
 */
public record Usage(
        int promptTokens,
        int cachedPromptTokens,
        int generatedTokens,
        int resumedTokens,
        int effectiveMaxTokens) {}

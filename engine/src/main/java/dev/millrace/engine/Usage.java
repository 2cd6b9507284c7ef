package dev.millrace.engine;

/**
 * Tokens of a request.
 *
 * @param promptTokens tokens of the prompt
 * @param cachedPromptTokens those of them whose keys and values came from the prefix cache
 * @param generatedTokens tokens of all outputs
 * @param resumedTokens those of them that were brought along from before a restore
 */
public record Usage(
        int promptTokens, int cachedPromptTokens, int generatedTokens, int resumedTokens) {}

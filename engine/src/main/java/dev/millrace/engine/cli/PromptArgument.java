package dev.millrace.engine.cli;

import dev.millrace.engine.Prompt;
import dev.millrace.engine.TokenIds;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** One prompt of the command line; prompts keep the order in which they are given. */
final class PromptArgument {

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "A prompt; may be repeated.",
            required = true)
    private String text;

    @Option(
            names = "--token-ids",
            paramLabel = "5,6,7",
            description = "A prompt as token ids, taken as they are; may be repeated.",
            converter = TokenIdsConverter.class,
            required = true)
    private TokenIds tokenIds;

    Prompt prompt() {
        return text != null ? new Prompt.Text(text) : new Prompt.Tokens(tokenIds);
    }

    /** Reads {@code 5,6,7} while the command line is parsed, so that a mistake in it is a usage error. */
    static final class TokenIdsConverter implements ITypeConverter<TokenIds> {
        @Override
        public TokenIds convert(String list) {
            String[] parts = list.split(",", -1);
            int[] ids = new int[parts.length];
            for (int i = 0; i < parts.length; i++) {
                try {
                    ids[i] = Integer.parseInt(parts[i].trim());
                } catch (NumberFormatException e) {
                    throw new TypeConversionException(
                            "takes whole numbers with commas between, not '" + list + "'");
                }
            }
            return TokenIds.of(ids);
        }
    }
}

package dev.millrace.engine.grammar;

import dev.millrace.engine.AnswerFormat;
import java.nio.charset.StandardCharsets;

/** Which texts a schema lets through, where every byte is a token. */
final class Acceptance {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();

    private final Grammar grammar;

    /** Throws a {@link GrammarException} if the schema is refused. */
    Acceptance(String schema) {
        grammar = new Grammars(() -> VOCABULARY).of(new AnswerFormat.JsonSchema(schema));
    }

    boolean accepts(String text) {
        GrammarState state = grammar.start();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            // The first tokens are the single bytes.
            if (!state.accept(value & 0xff)) {
                return false;
            }
        }
        return state.mayEnd();
    }
}

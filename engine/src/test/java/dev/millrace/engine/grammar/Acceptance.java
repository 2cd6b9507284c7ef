package dev.millrace.engine.grammar;

import java.nio.charset.StandardCharsets;

/** Which texts a schema lets through, where every byte is a token. */
final class Acceptance {
    private static final TokenBytes VOCABULARY = Walks.vocabulary();

    private final Configurations configurations;

    /** Throws a {@link GrammarException} if the schema is refused. */
    Acceptance(String schema) {
        Rule rule = SchemaCompiler.compile(schema, new Lexemes(VOCABULARY.single()));
        configurations = new Configurations(rule);
    }

    boolean accepts(String text) {
        Configuration at = configurations.start();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            at = configurations.step(at, value & 0xff);
        }
        return at.accepting();
    }
}

package dev.millrace.engine.grammar;

import dev.millrace.engine.AnswerFormat;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The forms of answers that an engine's requests ask for, made once each and kept for the next request; the least recently
 * used one goes first.
 *
 * <p>Thread-safety: all methods may be called from any thread.
 */
public final class Grammars {
    private static final int MAX_KEPT = 64;

    private static final int MAX_CHOICE_CHARACTERS = 4 << 20;

    private final Supplier<TokenBytes> source;
    private final Map<AnswerFormat, Grammar> kept = new LinkedHashMap<>(16, 0.75f, true);
    private VocabularyTables tables;

    /** {@code source} gives the vocabulary when the first answer needs it. */
    public Grammars(Supplier<TokenBytes> source) {
        this.source = source;
    }

    /**
     * The grammar of a form.
     *
     * @throws GrammarException if it cannot be read, enforced or fulfilled, or the vocabulary lacks bytes
     */
    public synchronized Grammar of(AnswerFormat format) {
        Grammar known = kept.get(format);
        if (known != null) {
            return known;
        }
        if (tables == null) {
            TokenBytes vocabulary = source.get();
            requireBytes(vocabulary);
            tables = new VocabularyTables(vocabulary);
        }
        Lexemes lexemes = new Lexemes(tables.vocabulary().single());
        Rule rule = rule(format, lexemes);
        Grammar grammar = new Grammar(format, rule, lexemes.hasFreeKeys(), tables);
        kept.put(format, grammar);
        if (kept.size() > MAX_KEPT) {
            kept.remove(kept.keySet().iterator().next());
        }
        return grammar;
    }

    /**
     * Tokens that suffice for the shortest answer of a form and its end, where each byte is a token: what a form needs is known
     * before a model is.
     *
     * @throws GrammarException if it cannot be read, enforced or fulfilled
     */
    public static int sufficientTokens(AnswerFormat format) {
        BitSet bytes = new BitSet();
        bytes.set(0, 256);
        return rule(format, new Lexemes(bytes)).shortest() + 1;
    }

    private static Rule rule(AnswerFormat format, Lexemes lexemes) {
        if (format instanceof AnswerFormat.JsonSchema json) {
            return SchemaCompiler.compile(json.schema(), lexemes);
        }
        if (format instanceof AnswerFormat.Regex regex) {
            Lexeme lexeme =
                    lexemes.of(
                            "regex",
                            List.of("regex", regex.pattern()),
                            () -> RegexParser.whole("regex", regex.pattern()));
            return satisfiable("regex", new Rule.Terminal(lexeme));
        }
        List<String> texts = ((AnswerFormat.Choice) format).texts();
        int characters = texts.stream().mapToInt(String::length).sum();
        if (texts.isEmpty() || texts.contains("") || characters > MAX_CHOICE_CHARACTERS) {
            throw new GrammarException(
                    GrammarError.SYNTAX,
                    "choice",
                    texts.size() + " texts of " + characters + " characters in all",
                    "texts, none of them empty, of "
                            + MAX_CHOICE_CHARACTERS
                            + " characters at most",
                    "List what the answer may be");
        }
        return new Rule.Terminal(lexemes.oneOf(texts));
    }

    private static Rule satisfiable(String where, Rule rule) {
        if (rule.shortest() >= Rule.ENDLESS) {
            throw new GrammarException(
                    GrammarError.UNSATISFIABLE,
                    where,
                    "a pattern that no text matches",
                    "one that some text matches",
                    "Mend the pattern");
        }
        return rule;
    }

    /** A shortest ending goes byte by byte, so the bytes it may take must be tokens. */
    private static void requireBytes(TokenBytes vocabulary) {
        BitSet single = vocabulary.single();
        BitSet missing = new BitSet();
        missing.set(' ', 0x7f);
        missing.set(0x80, 0xc0);
        missing.andNot(single);
        if (!missing.isEmpty()) {
            throw new GrammarException(
                    GrammarError.VOCABULARY,
                    "model's vocabulary",
                    missing.cardinality() + " bytes without a token of their own",
                    "a token for each byte from 20 to 7e and from 80 to bf",
                    "Use a model with a byte-level vocabulary or with byte fallback");
        }
    }
}

package dev.millrace.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

/**
 * What the grammars of one vocabulary share.
 *
 * <p>Thread-safety: immutable.
 */
final class VocabularyTables {
    private final TokenBytes vocabulary;
    private final TokenTrie trie;
    private final List<TokenSlice> slices;
    private final TokenTrie withQuote;
    private final TokenTrie aroundKeys;

    /** Takes about a second for 100,000 tokens. */
    VocabularyTables(TokenBytes vocabulary) {
        this.vocabulary = vocabulary;
        trie = new TokenTrie(vocabulary);
        slices =
                Alphabet.ALL.stream()
                        .map(alphabet -> new TokenSlice(alphabet, vocabulary, trie))
                        .toList();
        withQuote = only(text -> text.indexOf('"') >= 0);
        aroundKeys =
                only(text -> text.isBlank() || text.chars().anyMatch(c -> "\"{,".indexOf(c) >= 0));
    }

    private TokenTrie only(Predicate<String> filter) {
        return trie.only(
                id -> filter.test(new String(vocabulary.of(id), StandardCharsets.ISO_8859_1)));
    }

    TokenBytes vocabulary() {
        return vocabulary;
    }

    /** All tokens. */
    TokenTrie trie() {
        return trie;
    }

    /** From the one with the most tokens to the one with the fewest. */
    List<TokenSlice> slices() {
        return slices;
    }

    /** Tokens with a quote: only they begin or end a text. */
    TokenTrie withQuote() {
        return withQuote;
    }

    /** Tokens with anything that stands around keys, and white space. */
    TokenTrie aroundKeys() {
        return aroundKeys;
    }
}

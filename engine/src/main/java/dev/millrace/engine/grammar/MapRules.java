package dev.millrace.engine.grammar;

import java.util.List;

/**
 * Rules of the entries of an object that its schema does not name. That no key is there twice is no rule: {@link KeyPlace} sees
 * to it. What an entry needs at most, when all shorter keys are taken, is counted here.
 */
final class MapRules {
    /** Entries of an object whose schema names no limit. */
    static final int DEFAULT_MAX_ENTRIES = 64;

    private final Lexemes lexemes;
    private final List<ObjectKeys.Entry> entries;
    private final int longestKey;

    /** {@code min}: entries that may have to be there at most. */
    MapRules(Lexemes lexemes, List<ObjectKeys.Entry> entries, int min) {
        this.lexemes = lexemes;
        this.entries = entries;
        if (!entries.isEmpty()) {
            lexemes.useFreeKeys();
        }
        List<Lexeme> keys = entries.stream().map(ObjectKeys.Entry::key).toList();
        this.longestKey =
                entries.isEmpty() ? Rule.ENDLESS : lexemes.lengthOfShortest(keys, Math.max(1, min));
    }

    /** From {@code min} to {@code max} entries, behind others or not. */
    Rule entries(boolean behindOthers, int min, int max) {
        if (entries.isEmpty() || max == 0) {
            return min > 0 ? new Rule.Choice(List.of()) : new Rule.Sequence(List.of());
        }
        int most = Math.min(max, Math.max(min, DEFAULT_MAX_ENTRIES));
        Rule first = new Rule.Choice(entries.stream().map(this::entry).toList());
        Rule next = new Rule.Sequence(List.of(text(",", ", "), first));
        if (behindOthers) {
            return new Rule.Repeat(next, min, most);
        }
        Rule rest = new Rule.Repeat(next, Math.max(0, min - 1), most - 1);
        Rule some = most == 1 ? first : new Rule.Sequence(List.of(first, rest));
        return min > 0 ? some : new Rule.Choice(List.of(new Rule.Sequence(List.of()), some));
    }

    /** When the shorter keys are taken, an entry of another kind may be the shortest that is left: all count as that one. */
    private Rule entry(ObjectKeys.Entry entry) {
        int longestValue =
                entries.stream().mapToInt(other -> other.value().shortest()).max().orElse(0);
        int key = Rule.add(longestKey, longestValue - entry.value().shortest());
        return new Rule.Sequence(
                List.of(new Rule.Terminal(entry.key(), key), text(":", ": "), entry.value()));
    }

    private Rule text(String... texts) {
        return new Rule.Terminal(lexemes.oneOf(List.of(texts)));
    }
}

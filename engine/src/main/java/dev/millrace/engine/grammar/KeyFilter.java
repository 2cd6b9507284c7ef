package dev.millrace.engine.grammar;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Takes those tokens out of a mask that would write a key of an object twice, or begin one that cannot end otherwise, or not in
 * time. Only tokens that touch a key are looked at.
 *
 * <p>Thread-safety: none.
 */
final class KeyFilter {
    private final Configurations configurations;
    private final TokenTrie trie;
    private final TokenBytes vocabulary;
    private final BitSet single;

    /** Tokens with a quote. */
    private final int[] quotes;

    /** Tokens with anything that stands around keys, and white space. */
    private final int[] around;

    KeyFilter(Configurations configurations, TokenTrie trie, TokenBytes vocabulary) {
        this.configurations = configurations;
        this.trie = trie;
        this.vocabulary = vocabulary;
        this.single = vocabulary.single();
        this.quotes = tokens(text -> text.indexOf('"') >= 0);
        this.around =
                tokens(
                        text ->
                                text.isBlank()
                                        || text.chars().anyMatch(c -> "\"{,".indexOf(c) >= 0));
    }

    private int[] tokens(Predicate<String> filter) {
        return IntStream.range(0, vocabulary.size())
                .filter(id -> vocabulary.of(id) != null)
                .filter(
                        id ->
                                filter.test(
                                        new String(vocabulary.of(id), StandardCharsets.ISO_8859_1)))
                .toArray();
    }

    /** The tokens of {@code mask} that may come at a place, when {@code farthest} bytes may still follow. */
    TokenMask filter(TokenMask mask, Configuration at, KeyPlace place, int farthest) {
        BitSet refused = new BitSet();
        for (int id : place.inText() ? quotes : around) {
            if (mask.allows(id) && !fits(at, place, vocabulary.of(id), farthest)) {
                refused.set(id);
            }
        }
        for (String rest : place.mustDiffer()) {
            refuseAlong(rest, mask, at, place, farthest, refused);
        }
        return refused.isEmpty() ? mask : mask.without(refused);
    }

    /** Tokens that begin what a key must not become leave fewer ways to end it. */
    private void refuseAlong(
            String rest,
            TokenMask mask,
            Configuration at,
            KeyPlace place,
            int farthest,
            BitSet refused) {
        int node = 0;
        int end = trie.numNodes();
        for (int depth = 0; depth < rest.length(); depth++) {
            while (node < end && trie.value(node) != rest.charAt(depth)) {
                node = trie.end(node);
            }
            if (node >= end) {
                return;
            }
            for (int i = trie.firstToken(node); i < trie.firstToken(node + 1); i++) {
                int id = trie.token(i);
                if (mask.allows(id) && !fits(at, place, vocabulary.of(id), farthest)) {
                    refused.set(id);
                }
            }
            end = trie.end(node);
            node++;
        }
    }

    private boolean fits(Configuration at, KeyPlace place, byte[] token, int farthest) {
        Configuration to = at;
        KeyPlace behind = place;
        for (byte value : token) {
            to = configurations.step(to, value & 0xff);
            behind = behind.step(value & 0xff);
            if (behind == null) {
                return false;
            }
        }
        return !behind.mayRepeat() || distance(to, behind) <= Math.min(farthest, Rule.ENDLESS - 1);
    }

    /** A place, the bytes to it, and a length that the way through it has at least. */
    private record Step(Configuration at, KeyPlace place, int bytes, int least) {}

    /** The fewest bytes to the answer's end on a way that ends the key in hand as a new one. */
    int distance(Configuration from, KeyPlace place) {
        PriorityQueue<Step> queue = new PriorityQueue<>(Comparator.comparingInt(Step::least));
        queue.add(new Step(from, place, 0, from.distance()));
        while (!queue.isEmpty()) {
            Step step = queue.remove();
            if (!step.place.mayRepeat()) {
                return step.least;
            }
            for (int value = single.nextSetBit(0);
                    value >= 0;
                    value = single.nextSetBit(value + 1)) {
                Configuration to = configurations.step(step.at, value);
                KeyPlace behind = to.dead() ? null : step.place.step(value);
                if (behind != null) {
                    int bytes = step.bytes + 1;
                    queue.add(new Step(to, behind, bytes, Rule.add(bytes, to.distance())));
                }
            }
        }
        return Rule.ENDLESS;
    }
}

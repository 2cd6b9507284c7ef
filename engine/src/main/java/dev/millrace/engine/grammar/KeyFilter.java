package dev.millrace.engine.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Takes those tokens out of a mask that would write a key of an object twice, or begin one that cannot end otherwise, or not in
 * time. Only tokens that touch a key are looked at.
 *
 * <p>Thread-safety: none.
 */
final class KeyFilter {
    private final Configurations configurations;
    private final VocabularyTables tables;
    private final BitSet single;
    private final Configuration[] path;
    private final KeyPlace[] places;

    /** Distances found for this mask. */
    private final List<Found> found = new ArrayList<>();

    private TokenMask mask;
    private int farthest;
    private final BitSet refused = new BitSet();

    /** How far the end is from a place within a key. */
    private record Found(Configuration at, KeyPlace place, int distance) {}

    KeyFilter(Configurations configurations, VocabularyTables tables) {
        this.configurations = configurations;
        this.tables = tables;
        this.single = tables.vocabulary().single();
        this.path = new Configuration[tables.trie().longest() + 1];
        this.places = new KeyPlace[tables.trie().longest() + 1];
    }

    /** The tokens of {@code all} that may come at a place, when {@code bytesLeft} may still follow. */
    TokenMask filter(TokenMask all, Configuration at, KeyPlace place, int bytesLeft) {
        mask = all;
        farthest = Math.min(bytesLeft, Rule.ENDLESS - 1);
        found.clear();
        refused.clear();
        path[0] = at;
        places[0] = place;
        walk(place.inText() ? tables.withQuote() : tables.aroundKeys());
        if (place.inText() && place.mayRepeat()) {
            walkWhileRepeating(tables.trie(), 0, tables.trie().numNodes());
        }
        return refused.isEmpty() ? mask : mask.without(refused);
    }

    private void walk(TokenTrie tokens) {
        int node = 0;
        while (node < tokens.numNodes()) {
            if (step(tokens, node)) {
                check(tokens, node);
                node++;
            } else {
                node = tokens.end(node);
            }
        }
    }

    /** Takes the byte of a node; false if nothing of what is below it may follow. */
    private boolean step(TokenTrie tokens, int node) {
        int depth = tokens.depth(node);
        path[depth + 1] = configurations.step(path[depth], tokens.value(node));
        if (path[depth + 1].dead()) {
            return false;
        }
        places[depth + 1] = places[depth].step(tokens.value(node));
        if (places[depth + 1] == null) {
            refuse(tokens, tokens.firstToken(node), tokens.firstToken(tokens.end(node)));
        }
        return places[depth + 1] != null;
    }

    /** Refuses a node's tokens if they leave no way, or too long a one, to end the key in hand as a new one. */
    private void check(TokenTrie tokens, int node) {
        int first = tokens.firstToken(node);
        int end = tokens.firstToken(node + 1);
        int behind = tokens.depth(node) + 1;
        if (first < end
                && places[behind].mayRepeat()
                && distance(path[behind], places[behind]) > farthest) {
            refuse(tokens, first, end);
        }
    }

    private void refuse(TokenTrie tokens, int first, int end) {
        for (int i = first; i < end; i++) {
            if (mask.allows(tokens.token(i))) {
                refused.set(tokens.token(i));
            }
        }
    }

    /** Tokens without a quote that begin what a key must not become leave fewer ways to end it. */
    private void walkWhileRepeating(TokenTrie tokens, int first, int end) {
        for (int node = first; node < end; node = tokens.end(node)) {
            if (step(tokens, node) && places[tokens.depth(node) + 1].mayRepeat()) {
                check(tokens, node);
                walkWhileRepeating(tokens, node + 1, tokens.end(node));
            }
        }
    }

    /** A place, the bytes to it, and a length that the way through it has at least. */
    private record Step(Configuration at, KeyPlace place, int bytes, int least) {}

    private int distance(Configuration from, KeyPlace place) {
        for (Found known : found) {
            if (known.at.equals(from) && known.place.isLike(place)) {
                return known.distance;
            }
        }
        int distance = search(from, place);
        found.add(new Found(from, place, distance));
        return distance;
    }

    /** The fewest bytes to the answer's end on a way that ends the key in hand as a new one. */
    private int search(Configuration from, KeyPlace place) {
        PriorityQueue<Step> queue = new PriorityQueue<>(Comparator.comparingInt(Step::least));
        queue.add(new Step(from, place, 0, from.distance()));
        int shortest = Rule.ENDLESS;
        while (!queue.isEmpty() && queue.peek().least < shortest) {
            Step step = queue.remove();
            for (int value = single.nextSetBit(0);
                    value >= 0;
                    value = single.nextSetBit(value + 1)) {
                Configuration to = configurations.step(step.at, value);
                int least = Rule.add(step.bytes + 1, to.distance());
                KeyPlace behind = least < shortest ? step.place.step(value) : null;
                if (behind != null && behind.mayRepeat()) {
                    queue.add(new Step(to, behind, step.bytes + 1, least));
                } else if (behind != null) {
                    shortest = least;
                }
            }
        }
        return shortest;
    }
}

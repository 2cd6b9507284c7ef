package dev.millrace.engine.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mask says what its bits said, kept as a list or not. */
final class TokenMaskTest {
    private static final int NUM_WORDS = 40;
    private static final int NUM_IDS = 32 * NUM_WORDS;

    /** Up to 10 ids are a list. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 9, 10, 11, 12, 300, NUM_IDS})
    void saysWhatItsBitsSay(int count) {
        SplittableRandom random = new SplittableRandom(count);
        BitSet allowed = new BitSet();
        while (allowed.cardinality() < count) {
            allowed.set(random.nextInt(NUM_IDS));
        }
        int[] bits = bits(allowed);
        TokenMask mask = new TokenMask(bits, count, 7);
        // The next mask is made in the same place.
        Arrays.fill(bits, -1);
        assertSame(mask, allowed);

        BitSet taken = new BitSet();
        allowed.stream().filter(id -> random.nextInt(3) == 0).forEach(taken::set);
        TokenMask fewer = mask.without(taken);
        assertSame(mask, allowed);
        allowed.andNot(taken);
        assertSame(fewer, allowed);
        assertThat(fewer.maxDistance()).isEqualTo(7);
    }

    private static void assertSame(TokenMask mask, BitSet allowed) {
        assertThat(mask.count()).isEqualTo(allowed.cardinality());
        for (int id = 0; id < NUM_IDS; id++) {
            assertThat(mask.allows(id)).as("%d", id).isEqualTo(allowed.get(id));
        }
        // Logits may be wider than the vocabulary, and what was there goes.
        int[] written = new int[NUM_WORDS + 2];
        Arrays.fill(written, -1);
        mask.write(written);
        assertThat(written).isEqualTo(Arrays.copyOf(bits(allowed), NUM_WORDS + 2));
    }

    private static int[] bits(BitSet allowed) {
        int[] bits = new int[NUM_WORDS];
        allowed.stream().forEach(id -> bits[id >> 5] |= 1 << (id & 31));
        return bits;
    }
}

package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class BlockPoolTest {
    private static final int BLOCK_SIZE = 2;

    private final BlockPool pool = new BlockPool(4, BLOCK_SIZE);

    @Test
    void givesOutEachBlockOnceAndThenFails() {
        List<Integer> blocks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            blocks.add(pool.allocate());
        }
        assertThat(blocks).containsExactlyInAnyOrder(0, 1, 2, 3);
        assertThat(pool.numFree()).isZero();
        assertThatThrownBy(pool::allocate).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aSharedBlockIsFreeOnlyWhenAllHaveReleasedIt() {
        int block = pool.allocate();
        pool.retain(block);
        pool.release(block);
        assertThat(pool.numUsed()).isEqualTo(1);
        pool.release(block);
        assertThat(pool.numUsed()).isZero();
        assertThatThrownBy(() -> pool.release(block)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void countsTheSlotsOfASharedBlockOnce() {
        int block = pool.allocate();
        pool.fill(block, 1);
        pool.retain(block);
        pool.fill(block, 2);
        pool.fill(block, 1);
        assertThat(pool.numFilledSlots()).isEqualTo(2);
        pool.release(block);
        assertThat(pool.numFilledSlots()).isEqualTo(2);
        pool.release(block);
        assertThat(pool.numFilledSlots()).isZero();
    }

    @Test
    void aFreedBlockIsFoundByItsPrefixUntilItIsGivenOutAgain() {
        Sequence sequence = sequence(1, 2, 3, 4);
        BlockTable table = fill(sequence, 2);
        pool.releaseAll(table);
        assertThat(pool.numCachedFree()).isEqualTo(2);
        int first = pool.prefixes().find(PrefixCache.ROOT, sequence, 0);
        long id = pool.prefixes().prefixId(first);
        assertThat(pool.prefixes().find(id, sequence, 2)).isNotNegative();

        // Two empty blocks go first, then the tail of the prefix, then its head.
        pool.allocate();
        pool.allocate();
        assertThat(pool.numCachedFree()).isEqualTo(2);
        pool.allocate();
        assertThat(pool.prefixes().find(id, sequence, 2)).isNegative();
        assertThat(pool.prefixes().find(PrefixCache.ROOT, sequence, 0)).isEqualTo(first);
        pool.allocate();
        assertThat(pool.prefixes().find(PrefixCache.ROOT, sequence, 0)).isNegative();
        assertThat(pool.prefixes().size()).isZero();
    }

    @Test
    void theLeastRecentlyUsedPrefixGoesFirst() {
        Sequence a = sequence(1, 2);
        Sequence b = sequence(3, 4);
        BlockTable tableA = fill(a, 1);
        BlockTable tableB = fill(b, 1);
        pool.releaseAll(tableA);
        pool.releaseAll(tableB);
        int again = pool.prefixes().find(PrefixCache.ROOT, a, 0);
        pool.retain(again);
        pool.release(again);
        for (int i = 0; i < 3; i++) {
            pool.allocate();
        }
        assertThat(pool.prefixes().find(PrefixCache.ROOT, a, 0)).isEqualTo(again);
        assertThat(pool.prefixes().find(PrefixCache.ROOT, b, 0)).isNegative();
    }

    @Test
    void theSameTokensAfterAnotherPrefixAreAnotherBlock() {
        Sequence a = sequence(1, 2, 7, 8);
        Sequence b = sequence(3, 4, 7, 8);
        fill(a, 2);
        BlockTable tableB = fill(b, 1);
        long idOfB = pool.prefixes().prefixId(tableB.get(0));
        assertThat(pool.prefixes().find(idOfB, b, 2)).isNegative();
    }

    @Test
    void aSecondBlockWithTheSamePrefixTakesItsIdAndStaysUnknown() {
        Sequence sequence = sequence(1, 2);
        BlockTable first = fill(sequence, 1);
        BlockTable second = fill(sequence, 1);
        PrefixCache prefixes = pool.prefixes();
        assertThat(prefixes.prefixId(second.get(0))).isEqualTo(prefixes.prefixId(first.get(0)));
        assertThat(prefixes.contains(second.get(0))).isFalse();
        assertThat(prefixes.size()).isEqualTo(1);
    }

    @Test
    void cacheSurvivesRandomUseAgainstAPlainModel() {
        for (long seed = 1; seed <= 20; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            BlockPool many = new BlockPool(16, BLOCK_SIZE);
            int[] references = new int[16];
            for (int step = 0; step < 2000; step++) {
                useOnce(many, references, random);
                many.checkIntegrity(references);
            }
        }
    }

    private static void useOnce(BlockPool pool, int[] references, SplittableRandom random) {
        int block = random.nextInt(references.length);
        if (references[block] > 0) {
            references[block]--;
            pool.release(block);
        } else if (pool.prefixes().contains(block) && random.nextBoolean()) {
            references[block]++;
            pool.retain(block);
        } else {
            int fresh = pool.allocate();
            references[fresh]++;
            pool.fill(fresh, BLOCK_SIZE);
            Sequence sequence = sequence(random.nextInt(6), random.nextInt(6));
            pool.prefixes().identify(fresh, PrefixCache.ROOT, sequence, 0);
        }
    }

    private BlockTable fill(Sequence sequence, int count) {
        BlockTable table = new BlockTable();
        long parent = PrefixCache.ROOT;
        for (int i = 0; i < count; i++) {
            int block = pool.allocate();
            table.add(block);
            pool.prefixes().identify(block, parent, sequence, i * BLOCK_SIZE);
            parent = pool.prefixes().prefixId(block);
        }
        return table;
    }

    static Sequence sequence(int... tokens) {
        TokenIds prompt = TokenIds.of(tokens);
        return new Sequence(SamplingParams.greedy(1), 0, 0, prompt, Progress.none());
    }
}

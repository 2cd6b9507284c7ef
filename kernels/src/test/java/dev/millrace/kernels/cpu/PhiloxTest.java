package dev.millrace.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Known answers from Random123's kat_vectors. */
public final class PhiloxTest {

    /** The product's number, for tests in other packages. */
    public static double uniform(long seed, int position) {
        return Philox.uniform(seed, position, new int[4]);
    }

    @Test
    void zerosGiveTheKnownAnswer() {
        int[] counter = new int[4];
        Philox.generate(counter, 0, 0);
        assertThat(counter).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    }

    @Test
    void onesGiveTheKnownAnswer() {
        int[] counter = {-1, -1, -1, -1};
        Philox.generate(counter, -1, -1);
        assertThat(counter).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    }

    @Test
    void digitsOfPiGiveTheKnownAnswer() {
        int[] counter = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
        Philox.generate(counter, 0xa4093822, 0x299f31d0);
        assertThat(counter).containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    @Test
    void numbersAreUniform() {
        double sum = 0;
        for (int position = 0; position < 10_000; position++) {
            double u = uniform(5, position);
            assertThat(u).isStrictlyBetween(0.0, 1.0);
            sum += u;
        }
        assertThat(sum / 10_000).isBetween(0.48, 0.52);
    }
}

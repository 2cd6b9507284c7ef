package dev.millrace.kernels.cpu;

/**
 * Philox4x32-10: random numbers as a pure function of key and counter, so that a token's draw depends on (seed,
 * position) only and survives any restart.
 *
 * <p>Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011; constants of Random123.
 */
final class Philox {
    private static final int ROUNDS = 10;
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final long LOW = 0xFFFFFFFFL;

    private Philox() {}

    /** Ten rounds over {@code counter}, four words, in place. */
    static void generate(int[] counter, int key0, int key1) {
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = MULTIPLIER_0 * (counter[0] & LOW);
            long p1 = MULTIPLIER_1 * (counter[2] & LOW);
            int c0 = (int) (p1 >>> 32) ^ counter[1] ^ k0;
            int c2 = (int) (p0 >>> 32) ^ counter[3] ^ k1;
            counter[0] = c0;
            counter[1] = (int) p1;
            counter[2] = c2;
            counter[3] = (int) p0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
    }

    /** A number in (0, 1) for the token at {@code position}; {@code words} is scratch for four. */
    static double uniform(long seed, int position, int[] words) {
        words[0] = position;
        words[1] = 0;
        words[2] = 0;
        words[3] = 0;
        generate(words, (int) seed, (int) (seed >>> 32));
        return ((words[0] & LOW) + 0.5) * 0x1p-32;
    }
}

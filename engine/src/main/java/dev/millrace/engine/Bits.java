package dev.millrace.engine;

/** Mixing of 64-bit numbers. */
final class Bits {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Bits() {}

    /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit. */
    static long mix(long value) {
        long z = value + GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Seed of output {@code index}; output 0 has the request's own, so that n does not change it. */
    static long seed(long seed, int index) {
        return index == 0 ? seed : mix(seed + index * GOLDEN);
    }
}

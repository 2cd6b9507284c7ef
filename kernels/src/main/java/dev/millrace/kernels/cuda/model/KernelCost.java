package dev.millrace.kernels.cuda.model;

/**
 * What one block of a kernel does, as the emulator counted it: a part for each block, and a part for each tile along its loop.
 *
 * @param kernel name of the case that was counted
 * @param bytesOverMinimum bytes of DRAM behind a perfect L2, against those that the operation cannot do without
 * @param block once
 * @param tile for each 128 bytes of k of a matrix product, each 64 keys of attention
 */
public record KernelCost(String kernel, double bytesOverMinimum, Work block, Work tile) {

    /**
     * @param flops of the tensor cores, padding included
     * @param sharedCycles of a multiprocessor's shared memory, and of shuffles, which take the same way
     * @param instructions of warps, as far as the emulator sees them: memory, tensor cores, collectives; no other arithmetic
     */
    public record Work(double flops, double sharedCycles, double instructions) {
        /** This and {@code tiles} times another. */
        public Work plus(double tiles, Work other) {
            return new Work(
                    flops + tiles * other.flops,
                    sharedCycles + tiles * other.sharedCycles,
                    instructions + tiles * other.instructions);
        }

        /** As often as {@code times}. */
        public Work times(double times) {
            return new Work(times * flops, times * sharedCycles, times * instructions);
        }
    }

    /** Of {@code blocks} blocks that go through {@code tiles} tiles together. */
    public Work work(double blocks, double tiles) {
        return block.times(blocks).plus(tiles, tile);
    }
}

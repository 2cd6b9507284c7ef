package dev.millrace.kernels.cuda.emulator;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What the emulator counted of one kernel at one launch shape (MILLRACE_EMU_COUNT): the figures that gates are set on.
 *
 * <p>Sums are over all launches of that shape. Sectors are 32 bytes of global memory; cycles are those of the banks of shared memory.
 * `uniqueReadSectors` counts a sector once per launch, which is what DRAM sees when L2 is perfect; `blockReadSectors` once per block.
 */
public record KernelCounters(
        String name,
        List<Integer> grid,
        List<Integer> block,
        int dynamicShared,
        long launches,
        long blocks,
        long warps,
        long barriers,
        long uniqueReadSectors,
        long uniqueWriteSectors,
        long blockReadSectors,
        Map<String, Mma> mma,
        Map<String, Long> collectives,
        List<Site> sites) {
    private static final long SECTOR = 32;

    /** Tensor-core instructions of one kind. */
    public record Mma(long instructions, long flops) {}

    /** One source line that touches memory in one way; `via` is the line it was inlined into. */
    public record Site(
            String at,
            String via,
            String space,
            String operation,
            boolean write,
            int size,
            long accesses,
            long lanes,
            long bytes,
            long sectors,
            long leastSectors,
            long lines,
            long cycles,
            long idealCycles,
            int maxWays) {
        boolean isGlobal() {
            return space.equals("global");
        }

        boolean isShared() {
            return space.equals("shared");
        }

        /** Share of the cost that could not be avoided: 1 is best. */
        public double efficiency() {
            return isShared() ? ratio(idealCycles, cycles) : ratio(leastSectors, sectors);
        }

        @Override
        public String toString() {
            return "%s%s: %s %s, %d accesses of %d bytes a lane, %d for %d (%.0f %%)"
                    .formatted(
                            at,
                            via.isEmpty() ? "" : " inlined at " + via,
                            space,
                            operation,
                            accesses,
                            size,
                            isShared() ? cycles : sectors,
                            isShared() ? idealCycles : leastSectors,
                            100 * efficiency());
        }
    }

    private record Report(List<KernelCounters> kernels) {}

    /** All kernels of a counter file. */
    public static List<KernelCounters> read(Path file) {
        ObjectMapper mapper =
                new ObjectMapper().disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
        try {
            return mapper.readValue(file.toFile(), Report.class).kernels();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sectors that the bytes asked for need at least, as a share of the sectors touched. */
    public double coalescing() {
        return ratio(sum(Site::leastSectors), sum(Site::sectors));
    }

    /** Average bank conflict: 1 is none. */
    public double averageWays() {
        return 1 / ratio(sum(Site::idealCycles), sum(Site::cycles));
    }

    /** Bytes of global memory read and written, every access counted: no cache helps. */
    public long bytesTouched() {
        return sum(Site::sectors) * SECTOR;
    }

    /** Bytes read and written when each sector moves once per launch: a perfect L2. */
    public long bytesMoved() {
        return (uniqueReadSectors + uniqueWriteSectors) * SECTOR;
    }

    /** Bytes moved against those that the operation cannot do without. */
    public double bytesOverMinimum(long minimumBytes) {
        return (double) bytesMoved() / minimumBytes;
    }

    /** What the tensor cores did, padding included. */
    public long flops() {
        return mma.values().stream().mapToLong(Mma::flops).sum();
    }

    /** Tensor-core work against the useful part of it: 1 is no padding. */
    public double padding(long usefulFlops) {
        return (double) flops() / usefulFlops;
    }

    /** Cycles of the banks of shared memory, and shuffles, which take the same way. */
    public long sharedCycles() {
        long shuffles =
                collectives.entrySet().stream()
                        .filter(each -> each.getKey().startsWith("__shfl"))
                        .mapToLong(Map.Entry::getValue)
                        .sum();
        return sum(Site::cycles) + shuffles;
    }

    /** Warp instructions that are counted at all: memory, tensor cores, collectives; a copy to shared memory is one. */
    public long instructions() {
        long tensor = mma.values().stream().mapToLong(Mma::instructions).sum();
        long others =
                collectives.entrySet().stream()
                        .filter(each -> !mma.containsKey(each.getKey()))
                        .mapToLong(Map.Entry::getValue)
                        .sum();
        long memory =
                sites.stream()
                        .filter(site -> !mma.containsKey(site.operation))
                        .filter(site -> !collectives.containsKey(site.operation))
                        .filter(site -> !site.operation.startsWith("cp.async") || site.isShared())
                        .mapToLong(Site::accesses)
                        .sum();
        return tensor + others + memory;
    }

    public double barriersPerBlock() {
        return (double) barriers / blocks;
    }

    /** Lines that cost more than they must, the worst first. */
    public List<Site> wastefulSites() {
        return sites.stream()
                .filter(site -> site.efficiency() < 1)
                .sorted((a, b) -> Double.compare(a.efficiency(), b.efficiency()))
                .toList();
    }

    private long sum(java.util.function.ToLongFunction<Site> figure) {
        return sites.stream().mapToLong(figure).sum();
    }

    private static double ratio(long least, long actual) {
        return actual == 0 ? 1 : (double) least / actual;
    }
}

package dev.millrace.kernels.cuda;

import dev.millrace.kernels.cuda.emulator.KernelCounters;
import java.util.List;
import java.util.Locale;

/**
 * One launch of a kernel that is counted on the emulator, and what it cannot do without.
 *
 * @param name unique, without spaces
 * @param entry the kernel whose counters are taken
 * @param architectures ptxas names of the chips that run it
 * @param minimum bytes that the operation must move, in words and as a number
 * @param usefulFlops multiplications and additions that the result needs; 0 without tensor cores
 * @param tileFlops what the tile table promises: usefulFlops with the padding of tiles
 * @param work prepares the launch and counts it
 */
record KernelCase(
        String name,
        EntryPoint entry,
        List<String> architectures,
        Minimum minimum,
        long usefulFlops,
        long tileFlops,
        Work work) {
    static final List<String> EVERYWHERE = List.of("sm_80", "sm_89", "sm_90a");

    /** Bytes read and written once each, and which they are. */
    record Minimum(long bytes, String what) {
        /** Alternately bytes and what they are. */
        static Minimum of(Object... parts) {
            long bytes = 0;
            StringBuilder what = new StringBuilder();
            for (int i = 0; i < parts.length; i += 2) {
                bytes += ((Number) parts[i]).longValue();
                what.append(i == 0 ? "" : " + ").append(parts[i + 1]);
            }
            return new Minimum(bytes, what.toString());
        }
    }

    /** Runs in the process that counts. */
    interface Work {
        void run(CountingDevice device);
    }

    /** Without tensor cores. */
    static KernelCase of(String name, EntryPoint entry, Minimum minimum, Work work) {
        return new KernelCase(name, entry, EVERYWHERE, minimum, 0, 0, work);
    }

    /** The counters of this kernel among those of all that ran. */
    KernelCounters of(List<KernelCounters> all) {
        String symbol = entry.name().toLowerCase(Locale.ROOT);
        List<KernelCounters> mine =
                all.stream().filter(counters -> counters.name().equals(symbol)).toList();
        if (mine.size() != 1) {
            throw new AssertionError(
                    name + ": " + mine.size() + " launch shapes of " + symbol + ", wanted 1");
        }
        return mine.get(0);
    }

    @Override
    public String toString() {
        return name;
    }
}

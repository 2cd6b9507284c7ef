package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.TestingEmulator;
import dev.millrace.kernels.cuda.emulator.KernelCounters;
import dev.millrace.kernels.cuda.emulator.PtxasReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each kernel asks of the hardware, against what its operation cannot do without. docs/kernels/counters.md shows the same
 * figures; with {@code -Dmillrace.record=true} this test writes them there.
 */
final class KernelCounterTest {
    private static final double LEAST_COALESCING = 0.95;
    private static final double MOST_WAYS = 1.05;
    private static final double MOST_BYTES = 1.1;
    private static final Path PAGE = Path.of("../docs/kernels/counters.md");
    private static final String BEGIN = "<!-- counted -->\n";
    private static final String END = "<!-- end of what is counted -->\n";

    /**
     * Kernels that touch every byte once, so that even without a cache they move no more than the minimum. The others come back for
     * what L2, or a block's L1, holds: tiles of products and of prefill share operands, rows share a norm's weight, a row that is
     * quantised is read for its largest element first, a bin of logits is looked at twice.
     */
    private static final Set<String> STREAMING =
            Set.of("embed", "gather-rows", "soft-cap", "sample-greedy");

    /**
     * Cases that only serve to find what a block costs or to meet the checker. Prefill over several splits keeps its running results
     * in scratch between them, 64 rows a block, which L2 holds; of a chunk of few rows that is much. The choice of experts skips
     * what a lane has given already, and sorting by expert writes single places.
     */
    private static final List<String> WITHOUT_GATES =
            List.of(
                    "-" + ProductCases.SHORT,
                    "-" + ProductCases.LONG,
                    "-" + ProductCases.HALF,
                    "prefill-splits",
                    "sample-adjusted",
                    "sample-equal",
                    "sample-logprobs",
                    "sample-logprob",
                    "sample-masked",
                    "experts-choose",
                    "experts-sort",
                    "attention-plan");

    @BeforeEach
    void theEmulatorIsThere() {
        assumeTrue(TestingEmulator.isLoaded(), "the emulator was not built");
    }

    static Stream<KernelCase> all() {
        return KernelCases.all().stream();
    }

    static Stream<KernelCase> gated() {
        return all().filter(each -> WITHOUT_GATES.stream().noneMatch(each.name()::endsWith));
    }

    @ParameterizedTest
    @MethodSource("gated")
    void memoryIsUsedAsWellAsItCanBe(KernelCase each) {
        KernelCounters counters = CountedKernels.instance().of(each);
        String what = each + ", the worst lines: " + counters.wastefulSites();
        assertThat(counters.coalescing()).as(what).isGreaterThanOrEqualTo(LEAST_COALESCING);
        assertThat(counters.averageWays()).as(what).isLessThanOrEqualTo(MOST_WAYS);
        assertThat(counters.bytesOverMinimum(each.minimum().bytes()))
                .as("%s: %d bytes of %s", each, counters.bytesMoved(), each.minimum())
                .isBetween(1.0, MOST_BYTES);
        if (STREAMING.contains(each.name()) || each.name().contains("decode-d")) {
            assertThat((double) counters.bytesTouched() / each.minimum().bytes())
                    .as("%s without caches: %s", each, each.minimum())
                    .isLessThanOrEqualTo(MOST_BYTES);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void tensorCoresDoWhatTheTileTablePromises(KernelCase each) {
        assertThat(CountedKernels.instance().of(each).flops())
                .as("%s of %d useful", each, each.usefulFlops())
                .isEqualTo(each.tileFlops());
    }

    @Test
    void nothingSpills() {
        List<PtxasReport> reports = CountedKernels.instance().reports();
        Set<String> seen = reports.stream().map(PtxasReport::kernel).collect(Collectors.toSet());
        assertThat(seen).hasSize(EntryPoint.values().length);
        assertThat(reports).allSatisfy(report -> assertThat(report.spillBytes()).isZero());
    }

    @Test
    void thePageShowsTheseFigures() throws IOException {
        String table = CounterTable.of(gated().toList(), CountedKernels.instance());
        String page = Files.readString(PAGE);
        String before = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
        String after = page.substring(page.indexOf(END));
        if (Boolean.getBoolean("millrace.record")) {
            Files.writeString(PAGE, before + table + after);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(before + table + after);
    }
}

package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.TestingEmulator;
import dev.millrace.kernels.cuda.emulator.KernelCounters;
import dev.millrace.kernels.cuda.model.KernelCost;
import dev.millrace.kernels.cuda.model.KernelCost.Work;
import dev.millrace.kernels.cuda.model.KernelCosts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The costs that the model is made of are those that the emulator counts, and follow the law that the model takes them to: a part
 * for each block and a part for each tile. With {@code -Dmillrace.record=true} they are recorded anew.
 */
final class KernelCostTest {
    private static final Path RECORDED =
            Path.of("src/main/resources/dev/millrace/kernels/cuda/model/kernel-costs.csv");
    private static final String SHORT = "-" + ProductCases.SHORT;
    private static final int SHORT_TILES = 4;
    private static final int LONG_TILES = 8;

    /** Another compiler may keep a value in a register or load it again. */
    private static final Percentage SAME = Percentage.withPercentage(1);

    /** Of blocks at another shape: the ends of rows and of masks are not linear. */
    private static final Percentage LAWFUL = Percentage.withPercentage(3);

    /** Cases that are not linear in anything but their rows. */
    private static final List<String> ROWS =
            List.of("embed", "norm-", "rope-", "quantize-", "sample-greedy");

    private final Map<String, KernelCase> cases =
            KernelCases.all().stream().collect(Collectors.toMap(KernelCase::name, each -> each));

    @BeforeEach
    void theEmulatorIsThere() {
        assumeTrue(TestingEmulator.isLoaded(), "the emulator was not built");
    }

    @Test
    void theRecordedCostsAreCounted() throws IOException {
        List<KernelCost> counted = counted();
        if (Boolean.getBoolean("millrace.record")) {
            Stream<String> lines = counted.stream().map(KernelCosts::line);
            Files.write(RECORDED, Stream.concat(Stream.of(KernelCosts.HEADER), lines).toList());
        }
        KernelCosts recorded = KernelCosts.read(RECORDED);
        assertThat(recorded.size()).isEqualTo(counted.size());
        for (KernelCost cost : counted) {
            KernelCost other = recorded.of(cost.kernel());
            assertThat(other.bytesOverMinimum())
                    .as(cost.kernel())
                    .isCloseTo(cost.bytesOverMinimum(), within(0.001));
            same(other.block(), cost.block(), SAME, cost.kernel());
            same(other.tile(), cost.tile(), SAME, cost.kernel());
        }
    }

    @Test
    void costsAreLinearInBlocksAndTiles() {
        for (KernelCost cost : counted()) {
            if (cost.kernel().startsWith("linear")) {
                Work work = cost.work(4, 4 * 6);
                same(work(cost.kernel() + "-" + ProductCases.GATE), work, LAWFUL, cost.kernel());
            } else if (cost.kernel().endsWith("decode")) {
                // Two sequences, two heads, 512 keys.
                Work work = cost.work(4, 4 * 8);
                same(work(cost.kernel() + "-d128"), work, LAWFUL, cost.kernel());
            } else if (cost.kernel().endsWith("prefill")) {
                // Two heads; four tiles of rows see one tile of keys, four see two.
                Work work = cost.work(2 * 8, 2 * 12);
                same(work(cost.kernel() + "-d128"), work, LAWFUL, cost.kernel());
            }
        }
    }

    private static void same(Work actual, Work expected, Percentage tolerance, String what) {
        assertThat(actual.flops()).as(what).isCloseTo(expected.flops(), tolerance);
        assertThat(actual.sharedCycles() + 1)
                .as("%s: cycles of shared memory", what)
                .isCloseTo(expected.sharedCycles() + 1, tolerance);
        assertThat(actual.instructions() + 1)
                .as("%s: instructions", what)
                .isCloseTo(expected.instructions() + 1, tolerance);
    }

    private List<KernelCost> counted() {
        List<KernelCost> costs = new ArrayList<>();
        for (KernelCase each : KernelCases.all()) {
            if (each.name().endsWith(SHORT)) {
                costs.add(ofTiles(each));
            } else if (ROWS.stream().anyMatch(each.name()::startsWith)) {
                KernelCounters counters = CountedKernels.instance().of(each);
                Work work = work(each.name()).times(1.0 / counters.blocks());
                costs.add(
                        new KernelCost(
                                each.name(),
                                counters.bytesOverMinimum(each.minimum().bytes()),
                                work,
                                new Work(0, 0, 0)));
            }
        }
        return costs;
    }

    private KernelCost ofTiles(KernelCase brief) {
        String kernel = brief.name().substring(0, brief.name().length() - SHORT.length());
        String longer = kernel + "-" + ProductCases.LONG;
        Work tile =
                work(longer).plus(-1, work(brief.name())).times(1.0 / (LONG_TILES - SHORT_TILES));
        KernelCase withMinimum = cases.get(longer);
        return new KernelCost(
                kernel,
                CountedKernels.instance()
                        .of(withMinimum)
                        .bytesOverMinimum(withMinimum.minimum().bytes()),
                work(brief.name()).plus(-SHORT_TILES, tile),
                tile);
    }

    private Work work(String name) {
        KernelCounters counters = CountedKernels.instance().of(cases.get(name));
        return new Work(counters.flops(), counters.sharedCycles(), counters.instructions());
    }
}

package dev.millrace.kernels.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.cuda.emulator.CounterCase.Expectation;
import dev.millrace.kernels.cuda.emulator.KernelCounters.Site;
import dev.millrace.kernels.cuda.emulator.TestingPrograms.Build;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The counters say what was worked out beforehand, line by line, and do not depend on the order of the threads. */
final class CounterCaseTest {
    @TempDir private static Path folder;

    private static TestingPrograms emulator;
    private static Map<String, KernelCounters> counters;

    @BeforeAll
    static void count() {
        emulator = TestingPrograms.require(CounterCaseTest.class);
        Path file = folder.resolve("counters.json");
        runAll(file, Map.of());
        counters =
                KernelCounters.read(file).stream()
                        .collect(Collectors.toMap(KernelCounters::name, kernel -> kernel));
    }

    static Stream<CounterCase> cases() {
        return CounterCase.all().stream();
    }

    @Test
    void thereAreAtLeastSeventyEightExpectations() {
        assertThat(cases()).hasSizeGreaterThanOrEqualTo(44);
        assertThat(cases().mapToInt(each -> each.expectations().size()).sum())
                .isGreaterThanOrEqualTo(78);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void countersAreAsExpected(CounterCase each) {
        KernelCounters kernel = counters.get(each.kernel());
        for (Expectation expectation : each.expectations()) {
            assertThat(counted(kernel, expectation))
                    .as("%s: %s", expectation.line(), expectation.what())
                    .isEqualTo(expectation.value());
        }
    }

    @Test
    void figuresFollowFromTheSites() {
        KernelCounters strided = counters.get("global_stride_2");
        assertThat(strided.coalescing()).isEqualTo(8.0 / 12);
        assertThat(strided.bytesMoved()).isEqualTo((8 + 4) * 32L);
        assertThat(strided.bytesOverMinimum(2 * 32 * Float.BYTES)).isEqualTo(1.5);
        assertThat(strided.wastefulSites()).hasSize(1);
        assertThat(strided.averageWays()).isEqualTo(1);
        assertThat(counters.get("shared_transpose").averageWays()).isEqualTo((32 + 1024) / 64.0);
        assertThat(counters.get("mma_bf16_flops").padding(40_960)).isEqualTo(2);
        assertThat(counters.get("barriers_and_shuffles").barriersPerBlock()).isEqualTo(7);
    }

    @Test
    void noOrderChangesACounter() throws IOException {
        String expected = Files.readString(folder.resolve("counters.json"));
        for (String mode : List.of("lazy", "eager")) {
            for (String order : List.of("reverse", "random:1", "random:2")) {
                Path file = folder.resolve("again.json");
                runAll(file, Map.of("MODE", mode, "ORDER", order));
                assertThat(Files.readString(file)).as("%s %s", mode, order).isEqualTo(expected);
            }
        }
    }

    private static void runAll(Path file, Map<String, String> options) {
        Map<String, String> all = new HashMap<>(options);
        all.put("COUNT", file.toString());
        List<String> arguments = new ArrayList<>(List.of("counters"));
        cases().map(CounterCase::argument).forEach(arguments::add);
        ChildProcess.Result result = emulator.run(Build.CHECK, "counters", all, arguments);
        assertThat(result.exitCode()).as("%s%s", result.output(), result.errors()).isZero();
    }

    private static String counted(KernelCounters kernel, Expectation expectation) {
        return switch (expectation.what()) {
            case "flops" -> String.valueOf(kernel.flops());
            case "barriers" -> String.valueOf(kernel.barriers());
            case "shuffles" -> String.valueOf(kernel.collectives().get("__shfl_xor_sync"));
            case "unique" -> kernel.uniqueReadSectors() + "+" + kernel.uniqueWriteSectors();
            default -> countedAt(kernel, expectation);
        };
    }

    private static String countedAt(KernelCounters kernel, Expectation expectation) {
        String operation = expectation.what().replaceFirst("\\.(global|shared)$", "");
        boolean shared = expectation.value().contains("ways");
        List<Site> sites =
                kernel.sites().stream()
                        .filter(site -> site.at().equals(expectation.line()))
                        .filter(
                                site ->
                                        site.operation().equals(operation)
                                                && site.isShared() == shared)
                        .toList();
        if (sites.isEmpty()) {
            return "nothing";
        }
        if (!shared) {
            return sum(sites, Site::sectors) + "/" + sum(sites, Site::leastSectors);
        }
        int ways = sites.stream().mapToInt(Site::maxWays).max().orElse(0);
        return sum(sites, Site::cycles) + "/" + sum(sites, Site::idealCycles) + " ways" + ways;
    }

    private static long sum(List<Site> sites, java.util.function.ToLongFunction<Site> figure) {
        return sites.stream().mapToLong(figure).sum();
    }
}

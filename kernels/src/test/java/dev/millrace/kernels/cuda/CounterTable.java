package dev.millrace.kernels.cuda;

import dev.millrace.kernels.cuda.emulator.KernelCounters;
import dev.millrace.kernels.cuda.emulator.PtxasReport;
import java.util.List;
import java.util.Locale;

/** The table of docs/kernels/counters.md. */
final class CounterTable {
    private static final String HEAD =
            """
            | case | minimum | bytes / minimum | coalescing | ways | FLOP / useful | registers, blocks a multiprocessor (share of its warps): 8.0, 8.9, 9.0 |
            |---|---|---|---|---|---|---|
            """;

    private CounterTable() {}

    static String of(List<KernelCase> cases, CountedKernels counted) {
        StringBuilder table = new StringBuilder(HEAD);
        for (KernelCase each : cases) {
            KernelCounters counters = counted.of(each);
            table.append(
                    String.format(
                            Locale.ROOT,
                            "| %s | %,d: %s | %.3f | %.1f %% | %.3f | %s | %s |%n",
                            each.name().replaceFirst("-" + ProductCases.GATE + "$", ""),
                            each.minimum().bytes(),
                            each.minimum().what(),
                            counters.bytesOverMinimum(each.minimum().bytes()),
                            100 * counters.coalescing(),
                            counters.averageWays(),
                            padding(each, counters),
                            occupancy(each, counters, counted)));
        }
        return table.toString();
    }

    private static String padding(KernelCase each, KernelCounters counters) {
        return each.usefulFlops() == 0
                ? ""
                : String.format(Locale.ROOT, "%.2f", counters.padding(each.usefulFlops()));
    }

    private static String occupancy(
            KernelCase each, KernelCounters counters, CountedKernels counted) {
        StringBuilder text = new StringBuilder();
        for (String architecture : KernelCase.EVERYWHERE) {
            text.append(text.isEmpty() ? "" : ", ");
            if (each.architectures().contains(architecture)) {
                PtxasReport report = counted.report(each, architecture);
                PtxasReport.Occupancy occupancy =
                        report.occupancy(counters.block().get(0), counters.dynamicShared());
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%d, %d (%.0f %%)",
                                report.registers(),
                                occupancy.blocks(),
                                100 * occupancy.share()));
            } else {
                text.append("–");
            }
        }
        return text.toString();
    }
}

package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.ForkedJvm;
import dev.millrace.kernels.cuda.emulator.KernelCounters;
import dev.millrace.kernels.cuda.emulator.PtxasReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The counters of all kernel cases, counted once a JVM by {@link CountingProgram}, and what ptxas said of the kernels.
 *
 * <p>Thread-safety: immutable.
 */
final class CountedKernels {
    private static final Path FOLDER = Path.of("target/counters").toAbsolutePath();
    private static final Path PTXAS = Path.of("target/cuda/ptxas.txt");

    private final List<PtxasReport> reports = PtxasReport.read(PTXAS);

    private CountedKernels() {
        try {
            Files.createDirectories(FOLDER);
            ForkedJvm.Result result =
                    ForkedJvm.run(
                            CountingProgram.class,
                            "check",
                            Map.of(
                                    "MILLRACE_EMU_COUNT",
                                    FOLDER.resolve(CountingProgram.COUNTERS).toString()),
                            List.of(),
                            FOLDER.toString(),
                            "");
            assertThat(result.exitCode()).as(result.output()).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Counts on first use. */
    static CountedKernels instance() {
        return Holder.INSTANCE;
    }

    KernelCounters of(KernelCase each) {
        return each.of(KernelCounters.read(FOLDER.resolve(each.name() + ".json")));
    }

    /** All kernels on all architectures. */
    List<PtxasReport> reports() {
        return reports;
    }

    /** What ptxas said of the case's kernel. */
    PtxasReport report(KernelCase each, String architecture) {
        String symbol = each.entry().name().toLowerCase(Locale.ROOT);
        return reports.stream()
                .filter(report -> report.kernel().equals(symbol))
                .filter(report -> report.architecture().equals(architecture))
                .findFirst()
                .orElseThrow(() -> new AssertionError("ptxas: no " + symbol + " " + architecture));
    }

    private static final class Holder {
        static final CountedKernels INSTANCE = new CountedKernels();
    }
}

package dev.millrace.examples.gpu;

import dev.millrace.engine.DeviceErrorCode;
import dev.millrace.engine.InvalidModelException;
import dev.millrace.engine.Problem;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.cuda.DeviceFacts;
import dev.millrace.kernels.synthetic.ModelShape;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Options of both commands. */
final class GpuArguments {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "cuda, or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device = "cuda";

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Folder for the results; what it holds already is not run again (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("gpu-results");

    @Option(
            names = "--shapes",
            paramLabel = "SHAPES",
            description =
                    "real: those of Llama-3.1-8B; tiny: for the emulator (default: ${DEFAULT-VALUE}).")
    private Shapes shapes = Shapes.real;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description =
                    "Time after which nothing new is begun; run again to go on (default: ${DEFAULT-VALUE}).")
    private int seconds = 540;

    @Option(names = "--verbose", description = "Print logs and stack traces of errors.")
    @SuppressWarnings("UnusedVariable") // The error printers and main look it up by name.
    private boolean verbose;

    /** Sizes of everything. */
    enum Shapes {
        real(32, 1024),
        tiny(2, 20);

        private final int layers;
        private final int mostRows;

        Shapes(int layers, int mostRows) {
            this.layers = layers;
            this.mostRows = mostRows;
        }

        ModelShape model() {
            return this == real ? ModelShape.LLAMA_8B : ModelShape.TINY;
        }

        int layers() {
            return layers;
        }

        /** Most rows of a product in a check. */
        int mostRows() {
            return mostRows;
        }
    }

    String device() {
        return device;
    }

    Path output() {
        return output;
    }

    Shapes shapes() {
        return shapes;
    }

    int seconds() {
        return seconds;
    }

    /** The folder, and a line that says which device it is about. */
    ResultFolder open(PrintWriter out) throws IOException {
        DeviceFacts facts = facts();
        out.printf(
                Locale.ROOT,
                "%s, compute capability %s, %d multiprocessors, %d MiB, driver %s (CUDA %s)%n",
                facts.name(),
                facts.computeCapability(),
                facts.multiprocessors(),
                facts.memoryBytes() >> 20,
                facts.driverVersion().isEmpty() ? "unknown" : facts.driverVersion(),
                facts.cudaVersion());
        if (!facts.real()) {
            out.println(
                    "This is the emulator, not a GPU: its times say nothing about any GPU. Results say so too.");
        }
        out.flush();
        return new ResultFolder(output, facts, build(), shapes.name());
    }

    private DeviceFacts facts() {
        try {
            return DeviceFacts.of(device);
        } catch (KernelException e) {
            Problem problem = DeviceErrorCode.problem(e).orElseThrow(() -> e);
            throw new InvalidModelException(problem, e);
        }
    }

    /** A hash of the compiled kernels: results of others are of no use. */
    private static String build() throws IOException {
        try (InputStream kernels = DeviceFacts.class.getResourceAsStream("kernels.fatbin")) {
            byte[] bytes = kernels == null ? new byte[0] : kernels.readAllBytes();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

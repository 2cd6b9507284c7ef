package dev.millrace.kernels.cuda.model;

import dev.millrace.kernels.cuda.model.KernelCost.Work;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The recorded costs of all kernels that the model knows, a resource of the jar; a test on the emulator counts them again.
 *
 * <p>Thread-safety: immutable.
 */
public final class KernelCosts {
    /** First line of the resource. */
    public static final String HEADER =
            "kernel,bytes/minimum,flops/block,shared cycles/block,instructions/block,"
                    + "flops/tile,shared cycles/tile,instructions/tile";

    private static final String RESOURCE = "kernel-costs.csv";

    private final Map<String, KernelCost> costs = new HashMap<>();

    private KernelCosts(List<String> lines) {
        for (String line : lines.subList(1, lines.size())) {
            KernelCost cost = parse(line);
            costs.put(cost.kernel(), cost);
        }
    }

    /** Those of the jar. */
    public static KernelCosts recorded() {
        try (InputStream resource = KernelCosts.class.getResourceAsStream(RESOURCE)) {
            String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
            return new KernelCosts(text.lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those of a file. */
    public static KernelCosts read(Path file) throws IOException {
        return new KernelCosts(Files.readAllLines(file));
    }

    /** The cost of one kernel. */
    public KernelCost of(String kernel) {
        KernelCost cost = costs.get(kernel);
        if (cost == null) {
            throw new IllegalArgumentException("no recorded cost of " + kernel);
        }
        return cost;
    }

    /** How many there are. */
    public int size() {
        return costs.size();
    }

    private static KernelCost parse(String line) {
        String[] fields = line.split(",", -1);
        double[] numbers = new double[fields.length];
        for (int i = 1; i < fields.length; i++) {
            numbers[i] = Double.parseDouble(fields[i]);
        }
        return new KernelCost(
                fields[0],
                numbers[1],
                new Work(numbers[2], numbers[3], numbers[4]),
                new Work(numbers[5], numbers[6], numbers[7]));
    }

    /** A line of the resource. */
    public static String line(KernelCost cost) {
        return String.format(
                Locale.ROOT,
                "%s,%.3f,%.0f,%.2f,%.2f,%.0f,%.2f,%.2f",
                cost.kernel(),
                cost.bytesOverMinimum(),
                cost.block().flops(),
                cost.block().sharedCycles(),
                cost.block().instructions(),
                cost.tile().flops(),
                cost.tile().sharedCycles(),
                cost.tile().instructions());
    }
}

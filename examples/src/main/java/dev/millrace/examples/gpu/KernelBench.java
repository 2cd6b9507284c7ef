package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.CudaKernels;
import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.synthetic.Arithmetic;
import dev.millrace.kernels.synthetic.KernelCase;
import dev.millrace.kernels.synthetic.KernelCase.Prepared;
import dev.millrace.kernels.synthetic.KernelCases;
import dev.millrace.kernels.synthetic.LinearCase;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The time of each operation on the device, launched as in a decode step: from a recorded graph. */
final class KernelBench {
    /** Weights are taken in turn until they are more than any second-level cache holds. */
    private static final long CACHE_BYTES = 200L << 20;

    private static final int MOST_COPIES = 6;
    private static final long COPY_BYTES = 1L << 30;
    private static final int ROUNDS = 5;
    private static final double ROUND_MILLISECONDS = 10;
    private static final int MOST_REPLAYS = 256;

    private final String device;
    private final GpuArguments.Shapes shapes;
    private final boolean real;

    KernelBench(String device, GpuArguments.Shapes shapes) {
        this.device = device;
        this.shapes = shapes;
        real = shapes == GpuArguments.Shapes.real;
    }

    private CudaKernels open() {
        return (CudaKernels)
                Kernels.create(new KernelsConfig(device, 1, ComputePrecision.FLOAT32, DType.BF16));
    }

    /** The ceiling of everything that memory bounds. */
    Result copyRate() {
        try (CudaKernels kernels = open()) {
            double rate = kernels.copyRate(real ? COPY_BYTES : 1 << 20);
            ObjectNode details = ResultFolder.JSON.createObjectNode();
            details.put("bytesPerSecond", rate);
            String summary = String.format(Locale.ROOT, "%,.1f GB/s read and written", rate * 1e-9);
            return new Result(Status.PASSED, summary, details);
        }
    }

    /** A part for each kind of weight and each other family. */
    List<Part> parts() {
        Map<String, List<KernelCase>> groups = new LinkedHashMap<>();
        for (KernelCase each : KernelCases.of(shapes.model())) {
            String group =
                    each instanceof LinearCase linear ? linear.kind().label() : each.family();
            groups.computeIfAbsent("kernels-" + group, name -> new java.util.ArrayList<>())
                    .add(each);
        }
        return groups.entrySet().stream()
                .map(group -> new Part(group.getKey(), () -> measure(group.getValue())))
                .toList();
    }

    /** The products that a peer can measure too. */
    List<LinearCase> products() {
        return KernelCases.of(shapes.model()).stream()
                .filter(LinearCase.class::isInstance)
                .map(LinearCase.class::cast)
                .toList();
    }

    /** Numbers of rows at which an operation is measured; of attention, sequences. */
    int[] rows(KernelCase test) {
        if (!real) {
            return new int[] {1, 17};
        }
        return switch (test.family()) {
            case "linear" -> new int[] {1, 16, 64, 256, 512, 2048};
            case "attention" ->
                    test.name().endsWith("decode") ? new int[] {1, 64, 256} : new int[] {1, 16};
            default -> new int[] {64, 512};
        };
    }

    private Result measure(List<KernelCase> cases) {
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        ArrayNode times = details.putArray("times");
        for (KernelCase test : cases) {
            int[] rows = rows(test);
            int most = Arrays.stream(rows).max().orElseThrow();
            long least = test.bytes(1);
            int copies = (int) Math.max(1, Math.min(MOST_COPIES, CACHE_BYTES / least));
            boolean weights = real && test.family().equals("linear");
            try (CudaKernels kernels = open()) {
                Prepared prepared =
                        test.prepare(kernels, Arithmetic.of(kernels), most, weights ? copies : 1);
                prepared.fill();
                for (int used : rows) {
                    double micros = micros(kernels, prepared, used);
                    times.add(time(test, used, micros));
                }
            }
        }
        return new Result(Status.PASSED, times.size() + " times", details);
    }

    private static ObjectNode time(KernelCase test, int rows, double micros) {
        ObjectNode node = ResultFolder.JSON.createObjectNode();
        node.put("case", test.name()).put("family", test.family()).put("rows", rows);
        node.put("micros", micros);
        node.put("gigabytesPerSecond", test.bytes(rows) / micros * 1e-3);
        node.put("teraflops", test.flops(rows) / micros * 1e-6);
        return node;
    }

    /** Of one run: the median of a few rounds of a recorded series. */
    private double micros(CudaKernels kernels, Prepared prepared, int rows) {
        int series = real ? 24 : 2;
        Runnable runs =
                () -> {
                    for (int i = 0; i < series; i++) {
                        prepared.run(rows);
                    }
                };
        // As it is, then recorded.
        kernels.replay(rows, runs);
        kernels.replay(rows, runs);
        double once = kernels.time(() -> kernels.replay(rows, runs)).milliseconds();
        int replays =
                real ? (int) Math.max(1, Math.min(MOST_REPLAYS, ROUND_MILLISECONDS / once)) : 1;
        double[] rounds = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            rounds[i] = kernels.time(() -> repeat(kernels, rows, runs, replays)).milliseconds();
        }
        Arrays.sort(rounds);
        return rounds[ROUNDS / 2] * 1e3 / (replays * (double) series);
    }

    private static void repeat(CudaKernels kernels, int rows, Runnable runs, int replays) {
        for (int i = 0; i < replays; i++) {
            kernels.replay(rows, runs);
        }
    }
}

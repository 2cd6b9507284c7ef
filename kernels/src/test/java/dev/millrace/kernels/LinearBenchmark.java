package dev.millrace.kernels;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Random;

/**
 * Prints GFLOP/s of {@code linear} on every CPU backend by format and rows; arguments: threads, n, k, part of the backend's name.
 * {@code wall} is what a user gets, {@code cpu} is per second of the calling thread's processor time, which says what the code is
 * worth on a busy machine.
 */
public final class LinearBenchmark {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final double SECONDS = 0.005;

    private LinearBenchmark() {}

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        int n = args.length > 1 ? Integer.parseInt(args[1]) : 2048;
        int k = args.length > 2 ? Integer.parseInt(args[2]) : 2048;
        for (TestingBackend backend : TestingBackend.allThatMultiply()) {
            boolean wanted = args.length <= 3 || backend.toString().contains(args[3]);
            if (!backend.isCuda() && wanted) {
                run(backend, threads, n, k);
            }
        }
    }

    private static void run(TestingBackend backend, int threads, int n, int k) {
        Random random = new Random(1);
        try (Kernels kernels = backend.open(threads)) {
            System.out.println(kernels.description() + ", n " + n + ", k " + k);
            System.out.println("format  rows   wall    cpu  GFLOP/s");
            for (WeightFormat format : WeightFormat.values()) {
                Weight weight = kernels.pack(TestingWeight.random(format, n, k, random));
                for (int rows : new int[] {1, 2, 4, 8, 32, 128}) {
                    DType type = kernels.activationType();
                    float[][] x = Guarded.random(rows, k, random);
                    Tensor in = Guarded.of(kernels, type, x).tensor;
                    Tensor out = new Guarded(kernels, DType.F32, rows, n).tensor;
                    double[] best =
                            measure(
                                    () -> kernels.linear(out, in, weight, null, rows),
                                    2.0 * rows * n * k);
                    System.out.printf("%-6s %5d %6.1f %6.1f%n", format, rows, best[0], best[1]);
                }
            }
        }
    }

    private static double[] measure(Runnable call, double flops) {
        double[] best = new double[2];
        for (int round = 0; round < 20; round++) {
            long wall = System.nanoTime();
            long cpu = THREADS.getCurrentThreadCpuTime();
            int calls = 0;
            do {
                call.run();
                calls++;
            } while (System.nanoTime() - wall < SECONDS * 1e9);
            double wallSeconds = (System.nanoTime() - wall) * 1e-9;
            double cpuSeconds = (THREADS.getCurrentThreadCpuTime() - cpu) * 1e-9;
            best[0] = Math.max(best[0], flops * calls / wallSeconds * 1e-9);
            best[1] = Math.max(best[1], flops * calls / cpuSeconds * 1e-9);
        }
        return best;
    }
}

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
import dev.millrace.kernels.synthetic.Agreement;
import dev.millrace.kernels.synthetic.Arithmetic;
import dev.millrace.kernels.synthetic.KernelCase;
import dev.millrace.kernels.synthetic.KernelCase.Prepared;
import dev.millrace.kernels.synthetic.KernelCases;
import java.util.Arrays;
import java.util.List;

/** Every operation against the CPU, and every row against its batch. */
final class KernelChecks {
    /** Rows of a product that the CPU computes too; odd on purpose. */
    private static final int CPU_ROWS = 67;

    /** Of attention, a row is a whole sequence. */
    private static final int SEQUENCES = 5;

    private static final int MOST_SEQUENCES = 48;
    private static final int[] BATCHES = {1, 2, 7, 8, 9, 16, 63, 64, 65, 128, 255, 512, 1024};

    private final String device;
    private final GpuArguments.Shapes shapes;
    private final List<KernelCase> cases;

    KernelChecks(String device, GpuArguments.Shapes shapes) {
        this.device = device;
        this.shapes = shapes;
        cases = KernelCases.of(shapes.model());
    }

    /** The same inputs on both. */
    Result againstTheCpu() {
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        ArrayNode all = details.putArray("cases");
        int failures = 0;
        for (DType precision : List.of(DType.BF16, DType.F16)) {
            Arithmetic arithmetic = arithmetic(precision);
            for (KernelCase test : cases) {
                int rows = Math.min(isAttention(test) ? SEQUENCES : CPU_ROWS, shapes.mostRows());
                Agreement agreement =
                        Agreement.of(
                                onDevice(test, arithmetic, rows), onCpu(test, arithmetic, rows));
                double tolerance = test.tolerance() + rounding(test, precision);
                boolean passed = agreement.within(tolerance);
                failures += passed ? 0 : 1;
                ObjectNode node = all.addObject();
                node.put("case", test.name()).put("precision", precision.name());
                node.put("rows", rows).put("passed", passed).put("tolerance", tolerance);
                node.put("relativeError", agreement.relativeError());
                node.put("worstError", agreement.worstError());
                node.put("worstIndex", agreement.worstIndex());
            }
        }
        return result(failures, all.size(), "as the CPU", details);
    }

    private static boolean isAttention(KernelCase test) {
        return test.family().equals("attention");
    }

    /** Half a step of the type that results are rounded to; nothing where they must be the same. */
    private static double rounding(KernelCase test, DType precision) {
        return test.tolerance() == 0 ? 0 : precision == DType.BF16 ? 0x1p-8 : 0x1p-11;
    }

    private Arithmetic arithmetic(DType precision) {
        try (CudaKernels kernels = open(precision)) {
            return Arithmetic.of(kernels);
        }
    }

    private float[] onDevice(KernelCase test, Arithmetic arithmetic, int rows) {
        try (Kernels kernels = open(arithmetic.precision())) {
            return result(test.prepare(kernels, arithmetic, rows, 1), rows);
        }
    }

    private static float[] onCpu(KernelCase test, Arithmetic arithmetic, int rows) {
        try (Kernels kernels =
                Kernels.create(
                        KernelsConfig.cpu().withPortable("the cases need every operation"))) {
            return result(test.prepare(kernels, arithmetic, rows, 1), rows);
        }
    }

    private CudaKernels open(DType precision) {
        return (CudaKernels)
                Kernels.create(new KernelsConfig(device, 1, ComputePrecision.FLOAT32, precision));
    }

    private static float[] result(Prepared prepared, int rows) {
        prepared.fill();
        prepared.run(rows);
        return prepared.result(rows);
    }

    /** A row has the same bits in a batch of any size. */
    Result batchInvariance() {
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        ArrayNode all = details.putArray("cases");
        int failures = 0;
        for (KernelCase test : cases) {
            int most = Math.min(isAttention(test) ? MOST_SEQUENCES : 1024, shapes.mostRows());
            ArrayNode different = all.addObject().put("case", test.name()).putArray("different");
            try (CudaKernels kernels = open(DType.BF16)) {
                Prepared prepared = test.prepare(kernels, Arithmetic.of(kernels), most, 1);
                float[] whole = result(prepared, most);
                Arrays.stream(BATCHES)
                        .filter(rows -> rows < most && !isPrefix(result(prepared, rows), whole))
                        .forEach(different::add);
            }
            failures += different.isEmpty() ? 0 : 1;
        }
        return result(failures, all.size(), "independent of the batch", details);
    }

    private static boolean isPrefix(float[] some, float[] whole) {
        return Arrays.mismatch(some, 0, some.length, whole, 0, some.length) < 0;
    }

    private static Result result(int failures, int count, String what, ObjectNode details) {
        details.put("failures", failures);
        String summary = "%d of %d cases %s".formatted(count - failures, count, what);
        return new Result(failures == 0 ? Status.PASSED : Status.FAILED, summary, details);
    }
}

package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.synthetic.Agreement;
import dev.millrace.kernels.synthetic.Arithmetic;
import dev.millrace.kernels.synthetic.KernelCase;
import dev.millrace.kernels.synthetic.KernelCase.Prepared;
import dev.millrace.kernels.synthetic.KernelCases;
import dev.millrace.kernels.synthetic.ModelShape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases by which a GPU is checked and measured, at a small shape, against the CPU. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#portables")
final class KernelCasesTest {
    private static final int ROWS = 19;
    private final TestingBackend backend;

    KernelCasesTest(TestingBackend backend) {
        this.backend = backend;
    }

    static List<KernelCase> cases() {
        return KernelCases.of(ModelShape.TINY);
    }

    @Test
    void theCpuAgreesAndRowsAreIndependentOfTheBatch() {
        for (KernelCase test : cases()) {
            float[] expected;
            try (Kernels cpu = Kernels.create(cpuConfig())) {
                expected = result(test.prepare(cpu, arithmetic(), ROWS, 1), ROWS);
            }
            try (Kernels kernels = backend.open()) {
                Prepared prepared = test.prepare(kernels, arithmetic(), ROWS, 2);
                float[] actual = result(prepared, ROWS);
                assertThat(Agreement.of(actual, expected))
                        .as("%s on %s", test.name(), backend)
                        .matches(each -> each.within(backend.tolerance(test.tolerance())));
                for (int rows : new int[] {1, 2, 9, ROWS}) {
                    float[] some = result(prepared, rows);
                    assertThat(some)
                            .as("%d rows of %s on %s", rows, test.name(), backend)
                            .isEqualTo(Arrays.copyOf(actual, some.length));
                }
            }
        }
    }

    private static KernelsConfig cpuConfig() {
        return KernelsConfig.cpu(1).withPortable("the cases need every operation");
    }

    private Arithmetic arithmetic() {
        try (Kernels kernels = backend.open()) {
            return kernels instanceof CudaKernels cuda
                    ? Arithmetic.of(cuda)
                    : new Arithmetic(DType.BF16, true);
        }
    }

    private static float[] result(Prepared prepared, int rows) {
        prepared.fill();
        prepared.run(rows);
        return prepared.result(rows);
    }

    @Test
    void resultsAreNotTrivial() {
        for (KernelCase test : cases()) {
            try (Kernels kernels = backend.open()) {
                float[] values = result(test.prepare(kernels, arithmetic(), ROWS, 1), ROWS);
                float[] shifted = values.clone();
                System.arraycopy(values, 1, shifted, 0, values.length - 1);
                assertThat(Agreement.of(shifted, values).within(0.1))
                        .as("a result moved by one element is seen, %s", test.name())
                        .isFalse();
            }
        }
    }
}

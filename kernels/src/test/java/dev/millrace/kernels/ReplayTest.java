package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps that are recorded and repeated. */
@Tag("kernels")
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#all")
final class ReplayTest {
    private final TestingBackend backend;

    ReplayTest(TestingBackend backend) {
        this.backend = backend;
    }

    private static float capped(float value, int times) {
        double result = value;
        for (int i = 0; i < times; i++) {
            result = 3 * Math.tanh(result / 3);
        }
        return (float) result;
    }

    @Test
    void aRepeatedStepReadsWhatWasCopiedInSince() {
        try (Kernels kernels = backend.open()) {
            Tensor logits = kernels.allocate(DType.F32, 2, 5, "test");
            float[] back = new float[10];
            int[] runs = new int[1];
            Runnable step =
                    () -> {
                        runs[0]++;
                        kernels.softCap(logits, 3f, 2);
                        kernels.softCap(logits, 3f, 2);
                    };
            for (int round = 1; round <= 4; round++) {
                kernels.copyIn(new float[] {round, -round, 2 * round}, 3, logits);
                kernels.replay(2, step);
                kernels.copyOut(logits, 3, back);
                assertThat(back[0]).isCloseTo(capped(round, 2), within());
                assertThat(back[1]).isCloseTo(capped(-round, 2), within());
                assertThat(back[2]).isCloseTo(capped(2 * round, 2), within());
            }
            assertThat(runs[0]).isEqualTo(backend.isCuda() ? 2 : 4);
        }
    }

    @Test
    void everyShapeHasItsOwnRecord() {
        try (Kernels kernels = backend.open()) {
            Tensor logits = kernels.allocate(DType.F32, 40, 1, "test");
            float[] ones = new float[40];
            java.util.Arrays.fill(ones, 2f);
            float[] back = new float[40];
            for (int round = 0; round < 3; round++) {
                for (int rows = 1; rows <= 40; rows++) {
                    int used = rows;
                    kernels.copyIn(ones, 40, logits);
                    kernels.replay(rows, () -> kernels.softCap(logits, 3f, used));
                    kernels.copyOut(logits, 40, back);
                    assertThat(back[rows - 1]).isCloseTo(capped(2, 1), within());
                    if (rows < 40) {
                        assertThat(back[rows]).isEqualTo(2f);
                    }
                }
            }
        }
    }

    @Test
    void releasedMemoryIsInNoRecord() {
        try (Kernels kernels = backend.open()) {
            Tensor[] logits = {kernels.allocate(DType.F32, 1, 1, "test")};
            Runnable step = () -> kernels.softCap(logits[0], 3f, 1);
            kernels.replay(1, step);
            kernels.replay(1, step);
            kernels.buffers().release(logits[0].buffer(), "test");
            logits[0] = kernels.allocate(DType.F32, 1, 1, "test");
            kernels.copyIn(new float[] {2f}, 1, logits[0]);
            kernels.replay(1, step);
            float[] back = new float[1];
            kernels.copyOut(logits[0], 1, back);
            assertThat(back[0]).isCloseTo(capped(2, 1), within());
        }
    }

    @Test
    void copiesInsideOfARecordedStepAreRefused() {
        try (Kernels kernels = backend.open()) {
            Tensor tensor = kernels.allocate(DType.INT32, 1, 1, "test");
            Runnable step = () -> kernels.copyIn(new int[1], 1, tensor);
            if (backend.isCuda()) {
                kernels.replay(1, step);
                assertThatThrownBy(() -> kernels.replay(1, step))
                        .isInstanceOf(KernelException.class)
                        .hasMessageContaining("copyIn");
            }
            int[] back = {7};
            kernels.copyOut(tensor, 1, back);
            assertThat(back[0]).isZero();
        }
    }

    private static org.assertj.core.data.Offset<Float> within() {
        return org.assertj.core.data.Offset.offset(1e-6f);
    }
}

package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory, copies both ways, and one operation, on every backend. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingBackend#all")
final class CopiesTest {
    private static final long SEED = 20261122;
    private final TestingBackend backend;

    CopiesTest(TestingBackend backend) {
        this.backend = backend;
    }

    @Test
    void memoryIsZeroedAndAccountedFor() {
        try (Kernels kernels = backend.open()) {
            Tensor tensor = kernels.allocate(DType.INT32, 5, 7, "test");
            int[] values = new int[35];
            values[0] = 1;
            kernels.copyOut(tensor, 35, values);
            assertThat(values).containsOnly(0);
            assertThat(kernels.buffers().bytesByPurpose()).containsEntry("test", 140L);
            kernels.buffers().release(tensor.buffer(), "test");
            assertThat(kernels.buffers().bytesByPurpose()).doesNotContainKey("test");
        }
    }

    @Test
    void copiesFollowTheView() {
        try (Kernels kernels = backend.open()) {
            Tensor whole = kernels.allocate(DType.INT32, 3, 4, "test");
            kernels.copyIn(new int[] {1, 2, 3, 4, 5}, 5, whole.columns(1, 3));
            int[] all = new int[12];
            kernels.copyOut(whole, 12, all);
            assertThat(all).containsExactly(0, 1, 2, 0, 0, 3, 4, 0, 0, 5, 0, 0);
            int[] back = new int[5];
            kernels.copyOut(whole.columns(1, 3), 5, back);
            assertThat(back).containsExactly(1, 2, 3, 4, 5);
            assertThatThrownBy(() -> kernels.copyIn(new float[1], 1, whole))
                    .isInstanceOf(KernelException.class);
        }
    }

    @Test
    void laterCopiesWinAndTheSourceMayChangeAtOnce() {
        try (Kernels kernels = backend.open()) {
            Tensor tensor = kernels.allocate(DType.INT32, 1, 3, "test");
            int[] source = {1, 2, 3};
            kernels.copyIn(source, 3, tensor);
            source[0] = 4;
            int[] back = new int[3];
            kernels.copyOut(tensor, 3, back);
            assertThat(back).containsExactly(1, 2, 3);
            kernels.copyIn(source, 1, tensor);
            kernels.copyOut(tensor, 3, back);
            assertThat(back).containsExactly(4, 2, 3);
        }
    }

    @Test
    void laterCopiesIntoViewsWin() {
        try (Kernels kernels = backend.open()) {
            Tensor whole = kernels.allocate(DType.INT32, 3000, 4, "test");
            kernels.copyIn(new int[12_000], 12_000, whole);
            int[] ones = new int[3000];
            java.util.Arrays.fill(ones, 1);
            kernels.copyIn(ones, 3000, whole.columns(2, 3));
            int[] back = new int[3000];
            kernels.copyOut(whole.columns(2, 3), 3000, back);
            assertThat(back).containsOnly(1);
        }
    }

    @Test
    void copiesOfAnySizeArriveWhole() {
        Random random = new Random(SEED);
        try (Kernels kernels = backend.open()) {
            for (int size : new int[] {1, 4095, 4097, 300_000, 1_500_001}) {
                int[] values = random.ints(size).toArray();
                Tensor tensor = kernels.allocate(DType.INT32, 1, size, "test");
                kernels.copyIn(values, size, tensor);
                int[] back = new int[size];
                kernels.copyOut(tensor, size, back);
                assertThat(back).as("%d, seed %d", size, SEED).isEqualTo(values);
                kernels.buffers().release(tensor.buffer(), "test");
            }
        }
    }

    @Test
    void tokensThatTheHostHasNotSeenAreTakenFromTheDevice() {
        Random random = new Random(SEED);
        try (Kernels kernels = backend.open()) {
            Tensor drawn = kernels.allocate(DType.INT32, 1, 700, "test");
            int[] unseen = random.ints(700, -1, 50_000).toArray();
            kernels.copyIn(unseen, 700, drawn);
            kernels.synchronize();
            for (int size : new int[] {1, 700, 300_001}) {
                Tensor target = kernels.allocate(DType.INT32, 1, size + 1, "test");
                int[] source = random.ints(size, -700, 50_000).toArray();
                kernels.copyInTokens(source, size, target, drawn);
                int[] back = new int[size + 1];
                kernels.copyOut(target, size + 1, back);
                for (int i = 0; i < size; i++) {
                    int expected = source[i] < 0 ? unseen[-1 - source[i]] : source[i];
                    assertThat(back[i]).as("%d of %d, seed %d", i, size, SEED).isEqualTo(expected);
                }
                assertThat(back[size]).isZero();
            }
        }
    }

    @Test
    void resultsThatAreReadLaterAreThoseOfTheirTime() {
        try (Kernels kernels = backend.open()) {
            Tensor ids = kernels.allocate(DType.INT32, 1, 3, "test");
            Tensor values = kernels.allocate(DType.F32, 2, 2, "test");
            Readback first = kernels.newReadback(28);
            Readback second = kernels.newReadback(28);
            int[][] read = new int[2][3];
            float[] floats = new float[4];
            kernels.copyIn(new int[] {1, 2, 3}, 3, ids);
            kernels.copyIn(new float[] {4, 5, 6, 7}, 4, values);
            first.copy(ids, 3, read[0]);
            first.copy(values, 4, floats);
            kernels.copyIn(new int[] {7, 8}, 2, ids);
            kernels.copyIn(new float[4], 4, values);
            second.copy(ids, 2, read[1]);
            first.await();
            assertThat(read[0]).containsExactly(1, 2, 3);
            assertThat(floats).containsExactly(4, 5, 6, 7);
            second.await();
            assertThat(read[1]).containsExactly(7, 8, 0);
            second.await();
        }
    }

    @Test
    void activationsAreRoundedOnTheWayInAndWidenedOnTheWayOut() {
        Random random = new Random(SEED);
        float[][] x = Guarded.random(3, 13, random);
        try (Kernels kernels = backend.open()) {
            Guarded activations = Guarded.of(kernels, backend.activationType(), x);
            assertThat(activations.rows(3)).isDeepEqualTo(backend.round(x));
            activations.check(3, "seed " + SEED);
        }
    }

    @Test
    void softCapBoundsLogits() {
        Random random = new Random(SEED);
        float[][] x = Guarded.random(3, 301, random);
        try (Kernels kernels = backend.open()) {
            Guarded logits = Guarded.of(kernels, DType.F32, x);
            kernels.softCap(logits.tensor, 2f, 2);
            logits.check(3, "softCap");
            float[][] capped = logits.rows(3);
            for (int i = 0; i < 301; i++) {
                assertThat((double) capped[1][i])
                        .as("seed %d", SEED)
                        .isCloseTo(2 * Math.tanh(x[1][i] / 2.0), within(1e-6));
            }
            assertThat(capped[2]).isEqualTo(x[2]);
        }
    }

    @Test
    void closedKernelsRefuseWork() {
        Kernels kernels = backend.open();
        kernels.close();
        kernels.close();
        assertThatThrownBy(kernels::synchronize)
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("closed");
    }
}

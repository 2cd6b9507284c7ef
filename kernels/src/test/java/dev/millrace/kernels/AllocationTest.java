package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.millrace.kernels.cpu.VectorLanes;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Nothing is allocated in steady state: vectors live in registers, and work is handed over without objects. */
final class AllocationTest {
    private static final int CALLS = 100;
    private static final long FEW_BYTES = 512;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Random random = new Random(20261122);

    private static void check(String operation, Runnable call) {
        // C2 removes the last vector objects only once it has compiled the whole chain of calls.
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 400 && allocated > FEW_BYTES; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(allocated).as(operation).isLessThanOrEqualTo(FEW_BYTES);
    }

    @Test
    void linearAllocatesNothing() {
        try (CpuKernels kernels = new CpuKernels(2, new VectorLanes())) {
            for (WeightFormat format : WeightFormat.values()) {
                int k = Math.max(64, format.blockElements());
                Weight weight = kernels.pack(TestingWeight.random(format, 192, k, random));
                for (int rows : new int[] {1, 2, 9}) {
                    Tensor in = Guarded.of(Guarded.random(rows, k, random)).tensor;
                    Tensor out = new Guarded(rows, 192).tensor;
                    check(format + " " + rows, () -> kernels.linear(out, in, weight, null, rows));
                }
            }
        }
    }

    @Test
    void theOtherOperationsAllocateNothing() {
        try (CpuKernels kernels = new CpuKernels(2, new VectorLanes())) {
            int rows = 20;
            int size = 128;
            PackedBatch batch = new PackedBatch(kernels, rows, 1, 2);
            batch.resize(rows, 1, rows);
            int[] counting = new int[rows];
            for (int i = 0; i < rows; i++) {
                counting[i] = i;
            }
            kernels.copyIn(counting, rows, batch.positions());
            kernels.copyIn(counting, rows, batch.slotMapping());
            kernels.copyIn(counting, 2, batch.blockTables());
            kernels.copyIn(new int[] {0, rows}, 2, batch.cuSeqLens());
            kernels.copyIn(new int[] {rows}, 1, batch.contextLens());
            KvCache cache = kernels.allocateKvCache(new KvShape(1, 2, 16, 2, 32));
            AttentionParams params = new AttentionParams(4, 2, 32, 0.17f, 0, 0);
            Tensor x = tensor(rows, size);
            Tensor k = tensor(rows, 64);
            Tensor v = tensor(rows, 64);
            Tensor out = tensor(rows, size);
            Tensor weight = tensor(1, size);
            Rope rope = new Rope(tensor(rows, 16), tensor(rows, 16), 32, false);
            Weight gateUp = kernels.pack(TestingWeight.random(WeightFormat.BF16, 256, 128, random));
            check("rmsNorm", () -> kernels.rmsNorm(out, x, weight, 1e-5f, rows));
            Tensor residual = tensor(rows, size);
            Tensor head = tensor(1, 32);
            check("addRmsNorm", () -> kernels.addRmsNorm(out, residual, x, weight, 1e-5f, rows));
            check("headRmsNorm", () -> kernels.headRmsNorm(x, head, 1e-5f, rows));
            check("rope", () -> kernels.ropeAndStoreKv(x, k, v, rope, batch, cache, 0));
            check("attention", () -> kernels.attention(out, x, cache, 0, batch, params));
            check("embed", () -> kernels.embed(out, batch, gateUp, 2f));
            check("softCap", () -> kernels.softCap(out, 30f, rows));
            check(
                    "gatedLinear",
                    () -> kernels.gatedLinear(out, x, gateUp, null, Activation.SILU, rows));
        }
    }

    @Test
    void operationsOfSomeFamiliesAllocateNothing() {
        try (CpuKernels kernels = new CpuKernels(2, new VectorLanes())) {
            int rows = 6;
            Tensor x = tensor(2 * rows, 64);
            Tensor out = tensor(2 * rows, 64);
            Tensor weight = tensor(1, 64);
            check("layerNorm", () -> kernels.layerNorm(out, x, weight, weight, 1e-5f, rows));
            check("add", () -> kernels.add(out, x, out, rows));
            check("activate", () -> kernels.activate(out, Activation.GELU_TANH, rows));
            ExpertRouting routing = new ExpertRouting(kernels, rows, 3, 2);
            Tensor logits = tensor(rows, 3);
            TestingWeight up = TestingWeight.random(WeightFormat.BF16, 64, 64, random);
            ExpertWeight experts = kernels.group(Collections.nCopies(3, kernels.pack(up)));
            Tensor inner = tensor(2 * rows, 32);
            check("routeExperts", () -> kernels.routeExperts(routing, logits, true, rows));
            check("expertLinear", () -> kernels.expertLinear(out, x, experts, null, routing, rows));
            check(
                    "expertGatedLinear",
                    () ->
                            kernels.expertGatedLinear(
                                    inner, x, experts, null, Activation.SILU, routing, rows));
            check("combineExperts", () -> kernels.combineExperts(out, x, routing, rows));
        }
    }

    @Test
    void copiesAndGathersAllocateNothing() {
        try (CpuKernels kernels = new CpuKernels(2, new VectorLanes())) {
            int rows = 20;
            int[] ints = new int[rows];
            for (int i = 0; i < rows; i++) {
                ints[i] = rows - 1 - i;
            }
            long[] longs = new long[rows];
            float[] floats = new float[rows];
            Tensor indexes = kernels.allocate(DType.INT32, 1, rows, "test");
            Tensor wide = kernels.allocate(DType.INT64, 1, rows, "test");
            Tensor out = tensor(rows, 300);
            Tensor in = tensor(rows, 300);
            Tensor logprobs = tensor(1, rows);
            check("copyIn of ints", () -> kernels.copyIn(ints, rows, indexes));
            check("copyIn of longs", () -> kernels.copyIn(longs, rows, wide));
            check("copyIn of floats", () -> kernels.copyIn(floats, rows, logprobs));
            check("gatherRows", () -> kernels.gatherRows(out, in, indexes, rows));
            check("tokenLogprobs", () -> kernels.tokenLogprobs(logprobs, in, indexes, rows));
            check("copyOut of ints", () -> kernels.copyOut(indexes, rows, ints));
            check("copyOut of floats", () -> kernels.copyOut(logprobs, rows, floats));
            check("synchronize", kernels::synchronize);
            KvCache cache = kernels.allocateKvCache(new KvShape(2, 4, 16, 2, 32));
            Tensor pairs = kernels.allocate(DType.INT32, 1, 4, "test");
            kernels.copyIn(new int[] {0, 2, 1, 3}, 4, pairs);
            check("copyBlocks", () -> kernels.copyBlocks(cache, pairs, 2));
        }
    }

    private Tensor tensor(int rows, int columns) {
        return Guarded.of(Guarded.random(rows, columns, random)).tensor;
    }

    @Test
    void samplingAllocatesNothing() {
        try (CpuKernels kernels = new CpuKernels(2, new VectorLanes())) {
            int rows = 6;
            SamplingBatch batch = new SamplingBatch(kernels, rows, 3000);
            batch.resize(rows);
            for (int r = 0; r < rows; r++) {
                batch.temperature.host().floats()[r] = r % 2;
                batch.topP.host().floats()[r] = r < 3 ? 0.9f : 1f;
                batch.topK.host().ints()[r] = r == 2 ? 40 : 0;
                batch.repetitionPenalty.host().floats()[r] = r == 4 ? 1.1f : 1f;
                batch.numLogprobs.host().ints()[r] = r - 1;
            }
            Tensor logits = tensor(rows, 3000);
            check("sample", () -> kernels.sample(logits, batch));
            addRaggedInputs(kernels, batch, rows);
            check("sample with penalties, bias and a mask", () -> kernels.sample(logits, batch));
        }
    }

    /** Every row has two prompt tokens and one drawn one, one changed logit, and may draw the even ids alone. */
    private static void addRaggedInputs(CpuKernels kernels, SamplingBatch batch, int rows) {
        int[] starts = new int[rows + 1];
        for (int r = 0; r <= rows; r++) {
            starts[r] = 3 * r;
        }
        kernels.copyIn(starts, rows + 1, batch.cuHistory);
        for (int r = 0; r <= rows; r++) {
            starts[r] = r;
        }
        kernels.copyIn(starts, rows + 1, batch.cuBias);
        for (int r = 0; r < rows; r++) {
            batch.promptLens.host().ints()[r] = 2;
            batch.presencePenalty.host().floats()[r] = 0.5f;
            batch.frequencyPenalty.host().floats()[r] = 0.25f;
            batch.minP.host().floats()[r] = 0.01f;
            batch.biasIds().host().ints()[r] = 2 * r;
            batch.biasValues().host().floats()[r] = 1f;
            batch.masked.host().ints()[r] = 1;
        }
        Arrays.fill(batch.allowed.host().ints(), 0x5555_5555);
    }
}

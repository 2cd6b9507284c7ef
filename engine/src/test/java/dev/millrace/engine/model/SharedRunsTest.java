package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.Kernels;
import dev.millrace.kernels.KernelsConfig;
import dev.millrace.kernels.KernelsConfig.ActivationQuantization;
import dev.millrace.kernels.KernelsConfig.ComputePrecision;
import dev.millrace.kernels.KernelsConfig.WeightRounding;
import dev.millrace.kernels.KvCache;
import dev.millrace.kernels.KvShape;
import dev.millrace.kernels.PackedBatch;
import dev.millrace.kernels.X86Kernels;
import dev.millrace.kernels.synthetic.ModelShape;
import dev.millrace.kernels.synthetic.WeightKind;
import dev.millrace.kernels.x86.Family;
import dev.millrace.kernels.x86.FamilyChoice;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How often all threads wait for each other in a layer on native CPU kernels: docs/kernels/cpu.md has these numbers. */
final class SharedRunsTest {
    private static final int THREADS = 3;
    private static final int BLOCK_SIZE = 16;

    /** As small as every operation on {@link #MANY_ROWS} is worth sharing. */
    private static final ModelShape SHAPE = new ModelShape(256, 512, 4, 2, 64, 64, 1, 1);

    private static final int MANY_ROWS = 256;

    @AfterEach
    void chooseAgain() {
        System.clearProperty(FamilyChoice.PROPERTY);
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT32, CHECKPOINT, 256, 8, 12",
        "FLOAT32, CHECKPOINT, 1, 5, 5",
        "FLOAT32, INT8, 256, 10, 10",
        "FLOAT32, INT8, 1, 5, 5",
        "BFLOAT16, CHECKPOINT, 256, 8, 8",
        "BFLOAT16, CHECKPOINT, 1, 5, 5",
        "BFLOAT16, INT8, 256, 10, 10",
        "BFLOAT16, INT8, 1, 5, 5",
        "BFLOAT16, FP8, 256, 8, 8",
        "BFLOAT16, FP8, 1, 5, 5",
    })
    void aLayerIsSoManyRuns(
            ComputePrecision precision, WeightRounding rounding, int rows, int others, int amx) {
        boolean ran = false;
        for (Family family : Family.available()) {
            if (precision == ComputePrecision.FLOAT32 || family.hasBfloat16()) {
                System.setProperty(FamilyChoice.PROPERTY, family.text());
                try (X86Kernels kernels = open(precision, rounding)) {
                    long runs = runs(kernels, 3, rows) - runs(kernels, 1, rows);
                    int expected = family == Family.AMX ? amx : others;
                    assertThat(runs).as("runs of 2 layers on %s", family).isEqualTo(2L * expected);
                }
                ran = true;
            }
        }
        assumeTrue(ran, "no native kernels for " + precision);
    }

    private static X86Kernels open(ComputePrecision precision, WeightRounding rounding) {
        KernelsConfig config =
                new KernelsConfig(
                        "cpu",
                        THREADS,
                        precision,
                        DType.BF16,
                        ActivationQuantization.AUTO,
                        rounding,
                        Optional.empty());
        return (X86Kernels) Kernels.create(config);
    }

    /** Of a step with {@code rows} tokens of one sequence. */
    private static long runs(X86Kernels kernels, int numLayers, int rows) {
        ModelConfig config = SyntheticDecoder.config(SHAPE, numLayers, MANY_ROWS);
        Decoder decoder = SyntheticDecoder.load(config, kernels, WeightKind.DENSE, MANY_ROWS);
        int blocks = MANY_ROWS / BLOCK_SIZE;
        KvCache cache =
                kernels.allocateKvCache(
                        new KvShape(
                                numLayers, blocks, BLOCK_SIZE, SHAPE.kvHeads(), SHAPE.headDim()));
        PackedBatch batch = new PackedBatch(kernels, MANY_ROWS, 1, blocks);
        int[] positions = IntStream.range(0, rows).toArray();
        kernels.copyIn(new int[rows], rows, batch.tokenIds());
        kernels.copyIn(positions, rows, batch.positions());
        kernels.copyIn(positions, rows, batch.slotMapping());
        kernels.copyIn(new int[] {0, rows}, 2, batch.cuSeqLens());
        kernels.copyIn(new int[] {rows}, 1, batch.contextLens());
        kernels.copyIn(IntStream.range(0, blocks).toArray(), blocks, batch.blockTables());
        batch.resize(rows, 1, rows);
        long before = kernels.sharedRuns();
        decoder.forward(batch, cache);
        return kernels.sharedRuns() - before;
    }
}

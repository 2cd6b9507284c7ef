package dev.millrace.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

final class KernelsTest {

    @Test
    void theProcessorIsOpenedByName() {
        try (Kernels kernels = Kernels.create(KernelsConfig.cpu(1))) {
            assertThat(kernels.description()).startsWith("cpu, 1 thread");
        }
    }

    @Test
    void anUnknownDeviceIsRefusedWithTheAllowedOnes() {
        KernelsConfig config =
                new KernelsConfig("tpu", 1, KernelsConfig.ComputePrecision.FLOAT32, DType.BF16);
        assertThatThrownBy(() -> Kernels.create(config))
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("\"tpu\"")
                .hasMessageContaining("auto, cpu, cuda, or cuda:N");
    }

    @Test
    void closedKernelsRefuseWork() {
        Kernels kernels = Kernels.create(KernelsConfig.cpu(2));
        kernels.close();
        kernels.close();
        assertThatThrownBy(kernels::synchronize)
                .isInstanceOf(KernelException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void weightMemoryIsAccountedFor() {
        try (Kernels kernels = Kernels.create(KernelsConfig.cpu(1))) {
            Weight weight =
                    kernels.pack(
                            new TestingWeight(WeightFormat.Q8_0, 64, 64, new byte[64 * 2 * 34]));
            // As many bytes as the checkpoint.
            assertThat(weight.sizeBytes()).isEqualTo(64 * 2 * 34);
            assertThat(kernels.buffers().bytesByPurpose())
                    .containsEntry("weights", weight.sizeBytes());
        }
    }

    @Test
    void aSourceThatReadsTooLittleIsRefused() {
        WeightSource source =
                new WeightSource() {
                    @Override
                    public WeightFormat format() {
                        return WeightFormat.F32;
                    }

                    @Override
                    public int n() {
                        return 4;
                    }

                    @Override
                    public int k() {
                        return 4;
                    }

                    @Override
                    public void readRows(int firstRow, int numRows, ByteBuffer target) {
                        target.putInt(0);
                    }
                };
        try (Kernels kernels = Kernels.create(KernelsConfig.cpu(1))) {
            assertThatThrownBy(() -> kernels.pack(source))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("4 rows of 16 bytes wanted, 4 bytes given");
        }
    }

    /** Blocks written by hand, so that the decoder of the tests is held to something too. */
    @ParameterizedTest
    @EnumSource(
            mode = Mode.INCLUDE,
            names = {"Q8_0", "Q4_0", "Q4_1"})
    void handMadeBlocksDecodeByTheGgufSpecification(WeightFormat format) {
        ByteBuffer block = ByteBuffer.allocate(format.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
        float[] expected = new float[32];
        // 0x3800 is 0.5, 0xC000 is -2.
        block.putShort((short) 0x3800);
        if (format == WeightFormat.Q4_1) {
            block.putShort((short) 0xC000);
        }
        for (int i = 0; i < 32; i++) {
            switch (format) {
                case Q8_0 -> {
                    block.put((byte) (i - 128));
                    expected[i] = 0.5f * (i - 128);
                }
                case Q4_0 -> expected[i] = 0.5f * (i < 16 ? i - 8 : 24 - i);
                case Q4_1 -> expected[i] = 0.5f * (i < 16 ? i : 31 - i) - 2;
                case F32, F16, BF16, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                        throw new AssertionError(format);
            }
        }
        for (int i = 0; i < 16 && format != WeightFormat.Q8_0; i++) {
            int high = format == WeightFormat.Q4_0 ? Math.min(16 - i, 15) : 15 - i;
            block.put((byte) (i | high << 4));
        }
        if (format == WeightFormat.Q4_0) {
            // -(0 - 8) = 8 does not fit a nibble; the largest is 7.
            expected[16] = 3.5f;
        }
        try (Kernels kernels = Kernels.create(KernelsConfig.cpu(1))) {
            Weight table = kernels.pack(new TestingWeight(format, 1, 32, block.array()));
            PackedBatch batch = new PackedBatch(kernels, 1, 1, 1);
            batch.resize(1, 1, 1);
            Tensor out = kernels.allocate(DType.F32, 1, 32, "test");
            kernels.embed(out, batch, table, 1f);
            float[] actual = new float[32];
            kernels.copyOut(out, 32, actual);
            assertThat(actual).containsExactly(expected);
        }
    }
}

package dev.millrace.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.kernels.Activation;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Accuracy of the loops, and that an element's bits do not depend on its lane. */
@ParameterizedClass
@MethodSource("dev.millrace.kernels.TestingLanes#all")
final class LanesTest {
    private static final long SEED = 20261122;
    private final Lanes lanes;
    private final float[] temp = new float[Lanes.TEMP_FLOATS];

    LanesTest(Lanes lanes) {
        this.lanes = lanes;
    }

    private float exp(float x) {
        float[] values = {x};
        lanes.exp(values, 0, values, 0, 1, 0f, 1f);
        return values[0];
    }

    @Test
    void expIsWithinTwoUlps() {
        Random random = new Random(SEED);
        float[] x = new float[100_000];
        for (int i = 0; i < x.length; i++) {
            x[i] = random.nextFloat() * 175f - 87f;
        }
        float[] out = new float[x.length];
        lanes.exp(out, 0, x, 0, x.length, 0f, 1f);
        for (int i = 0; i < x.length; i++) {
            double exact = Math.exp(x[i]);
            assertThat(Math.abs(out[i] - exact) / Math.ulp((float) exact))
                    .as("exp(%s), seed %d", x[i], SEED)
                    .isLessThan(2.0);
        }
    }

    @Test
    void expOfExtremesIsRight() {
        assertThat(exp(0f)).isEqualTo(1f);
        assertThat(exp(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(exp(-200f)).isZero();
        assertThat(exp(Float.POSITIVE_INFINITY)).isInfinite();
        assertThat(exp(89f)).isInfinite();
        assertThat(exp(Float.NaN)).isNaN();
        assertThat(exp(-100f)).isCloseTo((float) Math.exp(-100), within(2e-45f));
    }

    private static org.assertj.core.data.Offset<Float> within(float offset) {
        return org.assertj.core.data.Offset.offset(offset);
    }

    @Test
    void anElementHasTheSameBitsInEveryLane() {
        float[] interesting = {
            0f, -0f, 1e-30f, 0.3f, -0.3f, 0.6249f, 0.625f, 2f, -7f, 30f, -88f, -95f, -103.9f, 88f
        };
        for (float x : interesting) {
            int[] first = null;
            for (int length = 1; length < 40; length++) {
                for (int at = 0; at < length; at++) {
                    int[] bits = functions(x, length, at);
                    first = first == null ? bits : first;
                    assertThat(bits).as("%s at %d of %d", x, at, length).isEqualTo(first);
                }
            }
        }
    }

    private int[] functions(float x, int length, int at) {
        float[] in = new float[length];
        float[] ones = new float[length];
        java.util.Arrays.fill(ones, 1f);
        in[at] = x;
        float[] exp = new float[length];
        lanes.exp(exp, 0, in, 0, length, 0.1f, 0.7f);
        float[] silu = new float[length];
        lanes.gate(Activation.SILU, silu, 0, in, 0, ones, 0, length);
        float[] gelu = new float[length];
        lanes.gate(Activation.GELU_TANH, gelu, 0, in, 0, ones, 0, length);
        float[] capped = in.clone();
        lanes.softCap(capped, 0, length, 3f, temp);
        return new int[] {
            Float.floatToRawIntBits(exp[at]),
            Float.floatToRawIntBits(silu[at]),
            Float.floatToRawIntBits(gelu[at]),
            Float.floatToRawIntBits(capped[at])
        };
    }

    @Test
    void copyMovesTheRowsAndNothingElse() {
        float[] from = new float[400];
        for (int i = 0; i < from.length; i++) {
            from[i] = i + 1;
        }
        for (int columns = 1; columns < 40; columns++) {
            float[] to = new float[300];
            lanes.copy(3, columns, from, 5, columns + 30, to, 7, columns + 2);
            float[] expected = new float[300];
            for (int r = 0; r < 3; r++) {
                int source = 5 + r * (columns + 30);
                System.arraycopy(from, source, expected, 7 + r * (columns + 2), columns);
            }
            assertThat(to).as("%d columns", columns).isEqualTo(expected);
        }
    }

    @Test
    void everyFloat16IsExact() {
        int nr = lanes.panelColumns();
        int[] packed = new int[nr / 2];
        float[] out = new float[nr];
        for (int bits = 0; bits < 65_536; bits += nr) {
            for (int j = 0; j < nr / 2; j++) {
                packed[j] = (bits + j) | (bits + nr / 2 + j) << 16;
            }
            lanes.unpackF16(packed, 0, 1, out, 0);
            for (int j = 0; j < nr; j++) {
                checkF16((short) (bits + j), out[j]);
            }
        }
    }

    private static void checkF16(short bits, float actual) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        double magnitude =
                switch (exponent) {
                    case 0 -> fraction * 0x1p-24;
                    case 31 -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
                    default -> Math.scalb(1 + fraction / 1024.0, exponent - 15);
                };
        float expected = (float) (bits < 0 ? -magnitude : magnitude);
        if (Float.isNaN(expected)) {
            assertThat(actual).as("float16 %04x", bits).isNaN();
        } else {
            assertThat(Float.floatToRawIntBits(actual))
                    .as("float16 %04x", bits)
                    .isEqualTo(Float.floatToRawIntBits(expected));
        }
    }

    @Test
    void maximaSeeNanAnywhere() {
        for (int length = 1; length < 40; length++) {
            float[] x = new float[length];
            java.util.Arrays.fill(x, -3f);
            assertThat(lanes.maxOrNan(x, 0, length)).isEqualTo(-3f);
            for (int at = 0; at < length; at++) {
                x[at] = Float.intBitsToFloat(0xFFC00001);
                assertThat(lanes.maxOrNan(x, 0, length)).isNaN();
                x[at] = 2f;
                assertThat(lanes.maxOrNan(x, 0, length)).isEqualTo(2f);
                x[at] = -3f;
            }
        }
        assertThat(lanes.maxOrNan(new float[0], 0, 0)).isEqualTo(Float.NEGATIVE_INFINITY);
    }
}

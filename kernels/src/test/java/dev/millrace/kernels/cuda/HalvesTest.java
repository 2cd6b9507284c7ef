package dev.millrace.kernels.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class HalvesTest {

    @ParameterizedTest
    @EnumSource
    void everyValueSurvivesTheWayThereAndBack(Halves type) {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = type.widen((short) bits);
            if (!Float.isNaN(value)) {
                assertThat(type.round(value)).as("bits %x", bits).isEqualTo((short) bits);
            }
        }
        assertThat(type.widen(type.round(Float.NaN))).isNaN();
    }

    /** Half-way between neighbours goes to the even one, a little beside it to the nearer one. */
    @ParameterizedTest
    @EnumSource
    void roundingIsToNearestTiesToEven(Halves type) {
        int last = type.round(Float.POSITIVE_INFINITY) & 0xFFFF;
        for (int bits = 0; bits + 1 < last; bits++) {
            float low = type.widen((short) bits);
            float high = type.widen((short) (bits + 1));
            float middle = low + (high - low) / 2;
            int even = bits % 2 == 0 ? bits : bits + 1;
            assertThat(type.round(middle)).as("middle after %x", bits).isEqualTo((short) even);
            if (middle > low) {
                assertThat(type.round(Math.nextDown(middle))).isEqualTo((short) bits);
                assertThat(type.round(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
                assertThat(type.round(-middle)).isEqualTo((short) (even | 0x8000));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void tooLargeBecomesInfinite(Halves type) {
        assertThat(type.widen(type.round(Float.MAX_VALUE))).isInfinite();
        assertThat(Halves.F16.widen(Halves.F16.round(65519.996f))).isEqualTo(65504f);
        assertThat(Halves.F16.widen(Halves.F16.round(65520f))).isInfinite();
    }
}

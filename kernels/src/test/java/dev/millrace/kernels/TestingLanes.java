package dev.millrace.kernels;

import dev.millrace.kernels.cpu.Lanes;
import dev.millrace.kernels.cpu.ScalarLanes;
import dev.millrace.kernels.cpu.VectorLanes;
import java.util.List;

/** The sets of loops that every test of an operation runs on. */
public final class TestingLanes {
    private TestingLanes() {}

    public static List<Lanes> all() {
        return List.of(new VectorLanes(), new ScalarLanes());
    }
}

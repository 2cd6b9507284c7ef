package dev.millrace.kernels;

/** Loses the device, as the emulator is told to, and says what calls after that give. */
public final class LostDeviceProbe {
    private LostDeviceProbe() {}

    public static void main(String[] args) {
        if (!TestingEmulator.isLoaded()) {
            throw new AssertionError("no emulator");
        }
        try (Kernels kernels = Kernels.create(KernelsConfig.cuda());
                Kernels neighbour = Kernels.create(KernelsConfig.cuda())) {
            report("first", kernels::synchronize);
            report("second", kernels::synchronize);
            report("neighbour", () -> neighbour.allocate(DType.F32, 1, 1, "test"));
            report("opened anew", () -> Kernels.create(KernelsConfig.cuda()).close());
        }
    }

    private static void report(String what, Runnable call) {
        try {
            call.run();
            System.out.println(what + ": fine");
        } catch (KernelException e) {
            System.out.println(what + ": " + e.problem().orElseThrow().error());
        }
    }
}

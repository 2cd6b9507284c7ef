package dev.millrace.kernels;

/** Opens the device that is named, in a process of its own, and says what came of it. */
public final class DeviceProbe {
    private DeviceProbe() {}

    /** {@code DEVICE [no-driver]}. */
    public static void main(String[] args) {
        if (args.length == 1 && !TestingEmulator.isLoaded()) {
            throw new AssertionError("no emulator");
        }
        KernelsConfig config =
                new KernelsConfig(args[0], 1, KernelsConfig.ComputePrecision.FLOAT32, DType.BF16);
        try (Kernels kernels = Kernels.create(config)) {
            Tensor tensor = kernels.allocate(DType.INT32, 1, 3, "test");
            int[] back = new int[3];
            kernels.copyIn(new int[] {4, 5, 6}, 3, tensor);
            kernels.copyOut(tensor, 3, back);
            System.out.println("opened " + kernels.description() + " " + back[2]);
        } catch (KernelException e) {
            System.out.println(
                    e.problem().map(problem -> problem.error() + "|").orElse("") + e.getMessage());
        }
    }
}

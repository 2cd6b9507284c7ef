package dev.millrace.kernels;

/** Opens the devices that are named, in a process of its own, and says in a line each what came of it. */
public final class DeviceProbe {
    /** Instead of the first device: the emulator is not loaded. */
    static final String NO_DRIVER = "no-driver";

    private DeviceProbe() {}

    public static void main(String[] devices) {
        if (!devices[0].equals(NO_DRIVER) && !TestingEmulator.isLoaded()) {
            throw new AssertionError("no emulator");
        }
        for (String device : devices) {
            if (!device.equals(NO_DRIVER)) {
                System.out.println(device + ": " + open(device));
            }
        }
    }

    private static String open(String device) {
        KernelsConfig config =
                new KernelsConfig(device, 1, KernelsConfig.ComputePrecision.FLOAT32, DType.BF16);
        try (Kernels kernels = Kernels.create(config)) {
            Tensor tensor = kernels.allocate(DType.INT32, 1, 3, "test");
            int[] back = new int[3];
            kernels.copyIn(new int[] {4, 5, 6}, 3, tensor);
            kernels.copyOut(tensor, 3, back);
            return "opened " + kernels.description() + " " + back[2];
        } catch (KernelException e) {
            return e.problem().map(problem -> problem.error() + "|").orElse("") + e.getMessage();
        }
    }
}

package dev.millrace.operator;

import dev.millrace.engine.EngineFailedException;
import dev.millrace.engine.TestingEngines;
import dev.millrace.kernels.DeviceError;
import dev.millrace.kernels.DeviceProblem;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** An operator whose engine fails with a device error, in a process that may end of it. */
final class LostDeviceProbe {
    private LostDeviceProbe() {}

    /** {@code ON_ENGINE_FAILURE DEVICE_ERROR}. */
    public static void main(String[] args) throws Exception {
        RuntimeException failure =
                new DeviceProblem(DeviceError.valueOf(args[1]), "device", "bad", "good", "Mend it")
                        .exception();
        OperatorOptions options =
                new OperatorOptions(
                        64,
                        Duration.ZERO,
                        Duration.ZERO,
                        OnModelChange.FAIL,
                        OnEngineFailure.valueOf(args[0]));
        TestingProvider provider =
                TestingProvider.of(() -> TestEngines.hooked(TestingEngines.throwAt(1, failure)));
        try (OperatorHarness harness = OperatorHarness.open(TestingSpecs.spec(provider, options))) {
            harness.processAll(List.of("a", "b"));
            harness.endInput();
            System.out.println("nothing has failed");
        } catch (EngineFailedException e) {
            System.out.println("the task has failed");
        }
        // Time for the process to end if it is going to; nobody counts down.
        boolean unused = new CountDownLatch(1).await(2, TimeUnit.SECONDS);
        System.exit(0);
    }
}

package dev.millrace.examples.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.examples.gpu.Part.Result;
import dev.millrace.examples.gpu.Part.Status;
import dev.millrace.kernels.cuda.DeviceFacts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What the device is; with what nvidia-smi says of clocks and power where that tool is. */
final class DevicePart {
    private static final List<String> SMI =
            List.of(
                    "nvidia-smi",
                    "--query-gpu=name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem,power.limit,"
                            + "temperature.gpu,clocks_throttle_reasons.active,mig.mode.current,ecc.mode.current",
                    "--format=csv");

    private DevicePart() {}

    static Result run(DeviceFacts facts) throws InterruptedException {
        ObjectNode details = ResultFolder.JSON.createObjectNode();
        details.set("device", ResultFolder.JSON.valueToTree(facts));
        Optional<String> smi =
                facts.real()
                        ? Program.run(SMI, Duration.ofSeconds(30)).map(Program.End::output)
                        : Optional.empty();
        smi.ifPresent(text -> details.put("nvidiaSmi", text));
        String clocks =
                "%d MHz, memory %d MHz and %d bits at most"
                        .formatted(
                                facts.clockMegahertz(),
                                facts.memoryClockMegahertz(),
                                facts.memoryBusBits());
        return new Result(Status.PASSED, clocks, details);
    }
}

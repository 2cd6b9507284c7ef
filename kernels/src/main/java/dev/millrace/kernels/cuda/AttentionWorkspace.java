package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;

/**
 * Memory of attention beside its tensors: work lists, partial results of splits, tickets. It grows to the largest batch seen, which
 * is the first one, because a batch's tensors have their largest size from the start.
 *
 * <p>Thread-safety: none.
 */
final class AttentionWorkspace {
    private static final String PURPOSE = "attention";

    private final DeviceMemory memory;
    private DeviceBuffer decodePlan;
    private DeviceBuffer prefillPlan;
    private DeviceBuffer scratch;
    private DeviceBuffer slots;
    private DeviceBuffer tickets;

    AttentionWorkspace(DeviceMemory memory) {
        this.memory = memory;
    }

    /** Makes room; lengths in elements. */
    void reserve(AttentionSizes sizes) {
        decodePlan = grown(decodePlan, DType.INT32, 4 + 4L * sizes.decodeItems());
        prefillPlan = grown(prefillPlan, DType.INT32, 4 + 4L * sizes.prefillItems());
        scratch = grown(scratch, DType.F32, sizes.scratchFloats());
        slots = grown(slots, DType.F32, sizes.slotFloats());
        tickets = grown(tickets, DType.INT32, sizes.tickets());
    }

    private DeviceBuffer grown(DeviceBuffer buffer, DType dtype, long length) {
        return memory.grown(buffer, dtype, length, PURPOSE);
    }

    long decodePlan() {
        return decodePlan.address();
    }

    long prefillPlan() {
        return prefillPlan.address();
    }

    long scratch() {
        return scratch.address();
    }

    long slots() {
        return slots.address();
    }

    long tickets() {
        return tickets.address();
    }
}

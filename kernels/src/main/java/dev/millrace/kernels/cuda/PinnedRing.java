package dev.millrace.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Page-locked memory in a few slots of equal size, each with a staging area on the device. A slot is written again only when the
 * device has read it, which an event tells; with enough slots the host never waits.
 *
 * <p>Thread-safety: none.
 */
final class PinnedRing implements AutoCloseable {
    private final CudaStream stream;
    private final int slotBytes;
    private final Slot[] slots;
    private int current;

    PinnedRing(CudaStream stream, int numSlots, int slotBytes) {
        this.stream = stream;
        this.slotBytes = slotBytes;
        slots = new Slot[numSlots];
        for (int i = 0; i < numSlots; i++) {
            slots[i] = new Slot(slotBytes);
        }
    }

    int slotBytes() {
        return slotBytes;
    }

    /** The current slot, once the device no longer reads it. */
    Slot claim() {
        slots[current].awaitFree();
        return slots[current];
    }

    /** Enqueues the copy of the slot's first bytes to its staging area, and returns that area's address. */
    long stage(int bytes) {
        Slot slot = slots[current];
        copy(slot.staging, slot.host.pointer(), bytes);
        return slot.staging.address();
    }

    /** Enqueues the copy of the slot's first bytes to any device address. */
    void copyTo(long address, int bytes) {
        copy(new DevicePointer(address), slots[current].host.pointer(), bytes);
    }

    private void copy(DevicePointer target, Pointer source, int bytes) {
        CudaResult.check(
                JCudaDriver.cuMemcpyHtoDAsync(target, source, bytes, stream.handle()),
                "cuMemcpyHtoDAsync");
    }

    /** The slot is free when everything enqueued so far is done; goes on to the next. */
    void advance() {
        Slot slot = slots[current];
        CudaResult.check(JCudaDriver.cuEventRecord(slot.free, stream.handle()), "cuEventRecord");
        slot.busy = true;
        current = (current + 1) % slots.length;
    }

    @Override
    public void close() {
        for (Slot slot : slots) {
            slot.close();
        }
    }

    /** One piece of page-locked memory, seen as any type. */
    static final class Slot implements AutoCloseable {
        private final PinnedMemory host;
        private final IntBuffer ints;
        private final LongBuffer longs;
        private final FloatBuffer floats;
        private final DevicePointer staging = new DevicePointer();
        private final CUevent free = new CUevent();
        private boolean busy;

        Slot(int bytes) {
            host = new PinnedMemory(bytes);
            ints = host.buffer().asIntBuffer();
            longs = host.buffer().asLongBuffer();
            floats = host.buffer().asFloatBuffer();
            CudaResult.check(JCudaDriver.cuMemAlloc(staging, bytes), "cuMemAlloc of " + bytes);
            CudaResult.check(
                    JCudaDriver.cuEventCreate(free, CUevent_flags.CU_EVENT_DISABLE_TIMING),
                    "cuEventCreate");
        }

        ByteBuffer bytes() {
            return host.buffer();
        }

        IntBuffer ints() {
            return ints;
        }

        LongBuffer longs() {
            return longs;
        }

        FloatBuffer floats() {
            return floats;
        }

        private void awaitFree() {
            if (busy) {
                CudaResult.check(JCudaDriver.cuEventSynchronize(free), "cuEventSynchronize");
                busy = false;
            }
        }

        @Override
        public void close() {
            host.close();
            JCudaDriver.cuMemFree(staging);
            JCudaDriver.cuEventDestroy(free);
        }
    }
}

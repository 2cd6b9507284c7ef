package dev.millrace.kernels.cuda;

import dev.millrace.kernels.Tensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import jcuda.driver.JCudaDriver;

/**
 * Brings device data to the host through page-locked memory, a slice at a time; each waits for all earlier work.
 *
 * <p>Thread-safety: none.
 */
final class Downloads implements AutoCloseable {
    private static final int BYTES = 1 << 20;

    private final CudaStream stream;
    private final PinnedMemory memory = new PinnedMemory(BYTES);
    private final ByteBuffer bytes = memory.buffer();
    private final IntBuffer ints = bytes.asIntBuffer();
    private final FloatBuffer floats = bytes.asFloatBuffer();
    private final DevicePointer[] recent = new DevicePointer[16];

    Downloads(CudaStream stream) {
        this.stream = stream;
    }

    /** The first {@code count} elements of the view in row-major order. */
    void ints(Tensor source, int count, int[] target) {
        for (int done = 0; done < count; ) {
            int length = fetch(source, done, count);
            ints.get(0, target, done, length);
            done += length;
        }
    }

    /** As {@link #ints}. */
    void floats(Tensor source, int count, float[] target) {
        for (int done = 0; done < count; ) {
            int length = fetch(source, done, count);
            floats.get(0, target, done, length);
            done += length;
        }
    }

    /** As {@link #ints}, of 16-bit elements. */
    void halves(Tensor source, int count, float[] target) {
        Halves type = Halves.of(source.dtype());
        for (int done = 0; done < count; ) {
            int length = fetch(source, done, count);
            for (int i = 0; i < length; i++) {
                target[done + i] = type.widen(bytes.getShort(i * Short.BYTES));
            }
            done += length;
        }
    }

    /** Reads as many elements from index {@code done} on as follow each other without a gap; returns how many. */
    private int fetch(Tensor source, int done, int count) {
        int size = source.dtype().sizeBytes();
        int row = done / source.columns();
        int column = done % source.columns();
        boolean gapless = source.rowStride() == source.columns();
        int length = gapless ? count - done : Math.min(source.columns() - column, count - done);
        length = Math.min(length, BYTES / size);
        long index = (long) row * source.rowStride() + column;
        CudaResult.check(
                JCudaDriver.cuMemcpyDtoHAsync(
                        memory.pointer(),
                        pointer(source.address() + index * size),
                        (long) length * size,
                        stream.handle()),
                "cuMemcpyDtoHAsync");
        stream.synchronize();
        return length;
    }

    /** Every step reads the same few tensors, so that their pointers are kept. */
    private DevicePointer pointer(long address) {
        int place = (int) (address >>> 8) & recent.length - 1;
        if (recent[place] == null || recent[place].address() != address) {
            recent[place] = new DevicePointer(address);
        }
        return recent[place];
    }

    @Override
    public void close() {
        memory.close();
    }
}

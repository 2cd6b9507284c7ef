package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.KernelException;
import dev.millrace.kernels.Readback;
import dev.millrace.kernels.Tensor;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/**
 * Copies to page-locked memory of its own, and an event that tells when they are there.
 *
 * <p>Thread-safety: none.
 */
public final class CudaReadback implements Readback, AutoCloseable {
    private final CudaStream stream;
    private final Uploads uploads;
    private final int bytes;
    private final PinnedMemory memory;
    private final IntBuffer ints;
    private final FloatBuffer floats;
    private final CUevent arrived = new CUevent();
    private final Piece[] pieces = new Piece[MAX_COPIES];
    private int count;
    private int end;

    CudaReadback(CudaStream stream, Uploads uploads, int bytes) {
        this.stream = stream;
        this.uploads = uploads;
        this.bytes = bytes;
        memory = new PinnedMemory(bytes);
        ints = memory.buffer().asIntBuffer();
        floats = memory.buffer().asFloatBuffer();
        CudaResult.check(
                JCudaDriver.cuEventCreate(arrived, CUevent_flags.CU_EVENT_DISABLE_TIMING),
                "cuEventCreate");
        for (int i = 0; i < MAX_COPIES; i++) {
            pieces[i] = new Piece();
        }
    }

    /** One copy; the pointers of the last one are kept, as every step reads the same tensors. */
    private static final class Piece {
        private DevicePointer source = new DevicePointer();
        private Pointer staging;
        private int at = -1;
        private int length;
        private int[] ints;
        private float[] floats;
    }

    @Override
    public void copy(Tensor source, int length, int[] target) {
        Piece piece = enqueue(source, DType.INT32, length);
        piece.ints = target;
        piece.floats = null;
    }

    @Override
    public void copy(Tensor source, int length, float[] target) {
        Piece piece = enqueue(source, DType.F32, length);
        piece.ints = null;
        piece.floats = target;
    }

    private Piece enqueue(Tensor source, DType dtype, int length) {
        boolean gapless = source.rows() <= 1 || source.rowStride() == source.columns();
        boolean fits = count < MAX_COPIES && length <= (bytes - end) / Integer.BYTES;
        if (source.dtype() != dtype || !gapless || !fits) {
            throw new KernelException(
                    "readback: %d elements of %s into %d bytes of %d, copy %d of at most %d"
                            .formatted(length, source, bytes - end, bytes, count, MAX_COPIES));
        }
        uploads.flush();
        Piece piece = pieces[count++];
        place(piece, source.address(), length);
        long size = (long) length * Integer.BYTES;
        CudaResult.check(
                JCudaDriver.cuMemcpyDtoHAsync(piece.staging, piece.source, size, stream.handle()),
                "cuMemcpyDtoHAsync");
        // The last one recorded counts, and that one is behind all copies.
        CudaResult.check(JCudaDriver.cuEventRecord(arrived, stream.handle()), "cuEventRecord");
        return piece;
    }

    private void place(Piece piece, long address, int length) {
        if (piece.source.address() != address) {
            piece.source = new DevicePointer(address);
        }
        if (piece.at != end) {
            piece.at = end;
            piece.staging = memory.pointer().withByteOffset(end);
        }
        piece.length = length;
        end += length * Integer.BYTES;
    }

    @Override
    public void await() {
        if (count > 0) {
            CudaResult.check(JCudaDriver.cuEventSynchronize(arrived), "cuEventSynchronize");
        }
        for (int i = 0; i < count; i++) {
            fill(pieces[i]);
        }
        clear();
    }

    private void fill(Piece piece) {
        int from = piece.at / Integer.BYTES;
        if (piece.ints != null) {
            ints.get(from, piece.ints, 0, piece.length);
        } else {
            floats.get(from, piece.floats, 0, piece.length);
        }
    }

    @Override
    public void clear() {
        count = 0;
        end = 0;
    }

    @Override
    public void close() {
        memory.close();
        JCudaDriver.cuEventDestroy(arrived);
    }
}

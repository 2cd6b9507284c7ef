package dev.millrace.kernels.cuda;

import dev.millrace.kernels.DType;
import dev.millrace.kernels.DeviceBuffer;
import dev.millrace.kernels.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Builds a device buffer piece by piece, so that the host holds one row of tiles of it and no more. */
final class TileStream {
    private TileStream() {}

    /** Makes one piece. */
    interface Filler {
        /** Fills {@code piece}, which holds zeros or the piece before. */
        void fill(int index, ByteBuffer piece);
    }

    /** A buffer of {@code pieces} pieces of {@code pieceBytes} bytes. */
    static DeviceBuffer pack(CudaOps ops, DType type, int pieces, long pieceBytes, Filler filler) {
        if (pieceBytes > Integer.MAX_VALUE - 8) {
            throw new KernelException(
                    "pack: rows of tiles of " + pieceBytes + " bytes are too long");
        }
        DeviceBuffer buffer =
                ops.memory().allocate(type, pieces * (pieceBytes / type.sizeBytes()), "weights");
        ByteBuffer piece =
                ByteBuffer.allocateDirect((int) pieceBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < pieces; i++) {
            filler.fill(i, piece);
            ops.uploads().bytes(piece.clear(), buffer.address() + i * pieceBytes);
        }
        return buffer;
    }
}
